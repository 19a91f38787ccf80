"""The central system on real sockets, without Home Assistant."""
