"""Readers of what the platform says of a session after it has ended.

What we saw ourselves on the socket is no evidence of it, and a missing row is neither success nor failure: every reader
says what it read, how it knows that the row is this session's, or why nothing can be said.
"""
