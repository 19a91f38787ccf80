"""Stands in for a voice library that Home Assistant imports and the demo house, which does not listen, never uses."""


class MicroVad:
    """Hears nothing."""
