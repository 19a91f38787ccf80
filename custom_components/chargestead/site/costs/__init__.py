"""Costs: the way from events to money."""

from .answers import CostAnswers
from .config import NO_COSTS, CostConfig
from .costing import Costing
from .display import CostDisplay
from .edges import EdgeReadings
from .solar import HousePower, SolarSplit
from .station_tariff import station_tariff
from .sums import Total

__all__ = [
    "NO_COSTS",
    "CostAnswers",
    "CostConfig",
    "CostDisplay",
    "Costing",
    "EdgeReadings",
    "HousePower",
    "SolarSplit",
    "Total",
    "station_tariff",
]
