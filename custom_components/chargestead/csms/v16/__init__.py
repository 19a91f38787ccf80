"""OCPP 1.6 with the security whitepaper: messages to the model and back, by feature profile."""

from .adapter import Adapter16

__all__ = ["Adapter16"]
