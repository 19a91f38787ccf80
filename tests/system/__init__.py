"""The whole system: real sockets, real database, real processes."""
