"""A simulated charging station of any OCPP version, for tests and for the demo."""

from .car import Car
from .clock import Clock, ClockStalledError, ManualClock, RealClock
from .frames import Frame
from .link import CallError, OfflineError, UnansweredError
from .personality import PERSONALITIES, Personality
from .schedule import Json
from .station import SimulatedStation

__all__ = [
    "PERSONALITIES",
    "CallError",
    "Car",
    "Clock",
    "ClockStalledError",
    "Frame",
    "Json",
    "ManualClock",
    "OfflineError",
    "Personality",
    "RealClock",
    "SimulatedStation",
    "UnansweredError",
]
