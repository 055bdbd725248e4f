"""A gallery of hostile and broken endpoints: each says what is right, and the suite is put before it.

`python -m tests.hostile` runs the whole suite against each and prints a table; the tests beside it hold a conversation
or two with each in this process.
"""
