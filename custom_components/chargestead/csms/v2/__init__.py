"""OCPP 2.0.1 and 2.1: messages to the model and back, by functional block."""

from .adapter import Adapter2

__all__ = ["Adapter2"]
