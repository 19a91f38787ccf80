"""Availability: how much of the time each connector could be used, and how well charges begin."""

from .days import AVAILABILITY, Day, Uptime
from .first_time import IN_TIME, FirstTime
from .meter import KEPT_DAYS, AvailabilityMeter, Condition, condition
from .plugs import PLUG_CYCLES, PlugCycles
from .windows import WINDOW, Window, WindowOrigin, spans_for

__all__ = [
    "AVAILABILITY",
    "IN_TIME",
    "KEPT_DAYS",
    "PLUG_CYCLES",
    "WINDOW",
    "AvailabilityMeter",
    "Condition",
    "Day",
    "FirstTime",
    "PlugCycles",
    "Uptime",
    "Window",
    "WindowOrigin",
    "condition",
    "spans_for",
]
