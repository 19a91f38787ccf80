"""Looking after the stations: maintenance schedule, windows and availability, fed by the events of the site."""

from .config import NO_UPKEEP, UpkeepConfig
from .items import Item
from .ports import UpkeepLedger
from .schedule import Schedule
from .upkeep import Upkeep
from .uptimes import COMING_BACK, Uptimes
from .windows import Windows

__all__ = [
    "COMING_BACK",
    "NO_UPKEEP",
    "Item",
    "Schedule",
    "Upkeep",
    "UpkeepConfig",
    "UpkeepLedger",
    "Uptimes",
    "Windows",
]
