"""The protocol as tested: a static site and an AsyncAPI document, made from the schemas, the catalogue and records.

Pure: the same data and the same records give the same bytes.  Nothing is fetched, neither when the site is made nor
when it is read.
"""
