"""OCPP 2.0.1 and 2.1 as a skin of the simulated station."""

from .skin import LaterSkin, SkinOf21, SkinOf201

__all__ = ["LaterSkin", "SkinOf21", "SkinOf201"]
