"""A second server, written from the sources alone: what the suite says of a stranger, and of a stranger's defects.

It shares no code and no constant with the package.  Where the sources are silent it does something else than the
embedded mock, so that what was agreed between the mock and the judges without a source shows as a false alarm here.
"""
