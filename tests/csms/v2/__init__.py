"""OCPP 2.0.1 and 2.1 on real sockets."""
