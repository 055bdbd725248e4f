"""The embedded mock endpoint: `MockServer(MockOptions(...))` in `server`, without sockets `Session` in `session`."""
