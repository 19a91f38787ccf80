"""Faults over restarts of ours, and asking whether they still hold."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.chargestead.model.fault import FaultKind
from tests.csms.v2.house import STATION, House, Wire
from tests.simulator import ManualClock

AT = "2026-01-01T00:00:00Z"


@pytest.fixture
def clock() -> ManualClock:  # type: ignore[override]
    """Return the clock of the house."""
    return ManualClock()


@pytest.fixture
async def home(clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that knows one station."""
    house = await House(clock, tmp_path).open()
    await house.know(STATION, configure=False)
    yield house
    await house.close()


def active(home: House) -> list[str]:
    """Return the kinds of the faults that the station told of and that hold."""
    return [
        fault.kind
        for fault in home.site.faults.active(STATION)
        if fault.kind is not FaultKind.OFFLINE
    ]


def questions(wire: Wire) -> int:
    """Return how often it was asked whether a fault still holds."""
    return sum(
        item["variable"]["name"] == "Tripped"
        for action, payload in wire.asked
        if action == "GetVariables"
        for item in payload["getVariableData"]
    )


async def complain(wire: Wire, connector_id: int, code: str) -> None:
    """Let a station of 1.6 tell how a connector is."""
    status = "Available" if code == "NoError" else "Faulted"
    await wire.call(
        "StatusNotification",
        {"connectorId": connector_id, "errorCode": code, "status": status, "timestamp": AT},
    )


@pytest.mark.parametrize("connector_id", [0, 1, 2])
@pytest.mark.parametrize("forgetful", [False, True])
async def test_what_was_complained_of_before_a_restart_ends_when_all_is_well(
    home: House, connector_id: int, *, forgetful: bool
) -> None:
    """Also where what is remembered of the station went, and only the ledger is left."""
    wire = await Wire.dial(home, "1.6")
    await complain(wire, 1, "NoError")
    await complain(wire, connector_id, "GroundFailure")
    await wire.close()
    assert active(home) == [FaultKind.GROUND_FAILURE]
    await home.close()
    if forgetful:
        home.memory.pages.clear()
    await home.open()
    assert active(home) == [FaultKind.GROUND_FAILURE]
    wire = await Wire.dial(home, "1.6")
    await complain(wire, connector_id, "NoError")
    await wire.close()
    assert active(home) == []


async def trip(wire: Wire, value: str = "true") -> None:
    """Let a station tell whether its residual current device has tripped."""
    event = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "RCD"},
        "variable": {"name": "Tripped"},
    }
    await wire.call("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [event]})


async def test_who_refuses_to_say_whether_a_fault_still_holds_leaves_it_as_it_is(
    home: House, clock: ManualClock
) -> None:
    wire = await Wire.dial(home, "2.0.1")
    await trip(wire)
    await wire.close()
    wire = await Wire.dial(home, "2.0.1")
    await clock.advance(61)
    await clock.settle()
    assert questions(wire) == 1
    await wire.close()
    assert active(home) == [FaultKind.GROUND_FAILURE]
    assert home.station().counters["fault_check_refused"] == 1


async def test_a_station_that_comes_again_and_again_is_asked_once(
    home: House, clock: ManualClock
) -> None:
    wire = await Wire.dial(home, "2.0.1")
    await trip(wire)
    await clock.advance(40)
    await wire.boot()
    await clock.advance(40)
    assert questions(wire) == 0
    await wire.boot()
    await clock.advance(61)
    assert questions(wire) == 1
    await wire.close()


async def test_what_became_well_meanwhile_and_who_has_gone_is_not_asked_after(
    home: House, clock: ManualClock
) -> None:
    wire = await Wire.dial(home, "2.0.1")
    await trip(wire)
    await wire.boot()
    await trip(wire, "false")
    assert active(home) == []
    await clock.advance(61)
    await trip(wire)
    await wire.boot()
    await wire.close()
    await clock.advance(61)
    assert questions(wire) == 0
    assert active(home) == [FaultKind.GROUND_FAILURE]


async def test_a_house_that_stops_asks_no_more(home: House, clock: ManualClock) -> None:
    wire = await Wire.dial(home, "2.0.1")
    await trip(wire)
    await wire.boot()
    await home.restart()
    await clock.advance(61)
    assert questions(wire) == 0
    await wire.close()
