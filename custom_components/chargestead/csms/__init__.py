"""The embedded OCPP central system."""
