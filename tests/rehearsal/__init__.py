"""The live path, rehearsed before a server of our own in every weather."""
