"""What routine readings tell about contacts, cable, supply, meter and link."""

from .connector import ConnectorHealth, StationHealth
from .contactor import ContactorWear
from .health import Health

__all__ = ["ConnectorHealth", "ContactorWear", "Health", "StationHealth"]
