"""The chapters.  A file is a chapter, a class is one conversation, a method is one check."""
