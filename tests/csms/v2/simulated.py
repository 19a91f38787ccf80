"""A simulated station in a house with a real ledger."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
import json
from typing import Any

from ocpp.messages import get_validator

from custom_components.chargestead.model.station import ConnectorState
from tests.simulator import Car, Json, ManualClock, SimulatedStation
from tests.simulator.frames import CALL

from .house import STATION, House

CARD = "04AABBCC"


@asynccontextmanager
async def simulated(
    house: House,
    clock: ManualClock,
    version: str,
    **options: Any,  # noqa: ANN401
) -> AsyncIterator[SimulatedStation]:
    """Switch a station on, get to know it, and at the end check all that was asked of either side."""
    station = SimulatedStation(
        url=house.url, station_id=STATION, clock=clock, version=version, **options
    )
    await station.start(wait=False)
    try:
        await clock.advance(15)
        yield station
    finally:
        await station.stop()
    for frame in station.frames.find(kind=CALL):
        exact = json.loads(json.dumps(frame.payload), parse_float=Decimal)
        get_validator(2, frame.action, version, parse_float=Decimal).validate(exact)


async def charge(
    station: SimulatedStation, clock: ManualClock, seconds: float = 30, connector: int = 1
) -> Car:
    """Plug in, present a card and charge for a while."""
    car = station.plug_in(connector, Car(capacity_kwh=500, soc=5))
    await clock.advance(1)
    station.present_card(connector, CARD)
    await clock.advance(seconds)
    assert station.connector(connector).transaction is not None
    return car


def connector(house: House, number: int = 1) -> ConnectorState:
    """Return what entities see of a connector."""
    return house.station().state.connectors[number]


def amps(*limits: float, seconds: int = 600, **more: object) -> Json:
    """Return a schedule with limits that hold for so long each, in A."""
    return {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": seconds * number, "limit": limit} for number, limit in enumerate(limits)
        ],
        **more,
    }


def stamp(clock: ManualClock, seconds: float = 0) -> str:
    """Return a moment as OCPP writes it."""
    moment: datetime = clock.now() + timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
