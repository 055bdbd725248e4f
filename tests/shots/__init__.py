"""Pictures of the pages, for whoever changes them: made by a command, looked at one by one."""
