"""Events."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.model.events import (
    CardPresented,
    Event,
    FaultClosed,
    FaultNoticed,
    FirmwareProgress,
    LogProgress,
    ReservationChanged,
    SecurityEvent,
    SessionEnded,
    SessionStarted,
    StationBooted,
    StationConnected,
)
from custom_components.chargestead.model.fault import Fault, FaultKind, FaultSeverity, FaultSource
from custom_components.chargestead.model.reservation import Reservation, ReservationState
from custom_components.chargestead.model.session import SessionFlag
from custom_components.chargestead.model.station import StationIdentity

from .entity_fixtures import NOW, SESSION, House, dialled_in, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")

WHERE: dict[str, Any] = {"station_id": "GARAGE-1", "at": NOW}
AT = {"at": "2026-10-05T18:30:00+00:00"}
FAULT = Fault(
    key="status/1/GroundFailure",
    station_id="GARAGE-1",
    connector_id=1,
    kind=FaultKind.GROUND_FAILURE,
    source=FaultSource.STATUS,
    severity=FaultSeverity.CRITICAL,
    code="GroundFailure",
    info="PE lost",
    vendor_code="E12",
    first_at=NOW - timedelta(hours=1),
    last_at=NOW,
    count=2,
)
FAULT_ATTRIBUTES = {
    "connector_id": 1,
    "kind": "ground_failure",
    "severity": "critical",
    "since": "2026-10-05T18:30:00+00:00",
    "count": 2,
    "code": "GroundFailure",
    "info": "PE lost",
    "vendor_id": None,
    "vendor_error_code": "E12",
}
RESERVATION = Reservation(
    id=12,
    connector_id=1,
    id_token="CARD-7",
    expires_at=NOW + timedelta(hours=1),
    made_at=NOW,
    changed_at=NOW,
    state=ReservationState.USED,
    transaction_id="41",
)
ENDED = replace(
    SESSION,
    ended_at=NOW,
    register_stop_mwh=1_007_000_000,
    stop_reason="EVDisconnected",
    flags=frozenset({SessionFlag.SIGNED, SessionFlag.GAP}),
)


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.EVENT) as house:
        yield house


async def publish(house: House, event: Event) -> None:
    """Let something happen, without a ledger that keeps it."""
    site = house.entry.runtime_data.site
    for listener in tuple(site._listeners):
        listener(event)
    await house.settle()


def happened(house: House, key: str, connector_id: int) -> dict[str, Any]:
    """Return what the newest event says."""
    state = house.hass.states.get(house.entity_id("event", key, connector_id))
    assert state is not None
    return {
        key: value
        for key, value in state.attributes.items()
        if key not in {"event_types", "friendly_name"}
    }


async def test_events_of_a_charging_station(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await house.connect()
    await snapshot_platform(house.hass, entity_registry, snapshot, house.entry.entry_id)


@pytest.mark.parametrize(
    ("event", "attributes"),
    [
        pytest.param(
            StationBooted(
                **WHERE, identity=StationIdentity(firmware_version="2.0"), reason="PowerUp"
            ),
            {"event_type": "booted", "reason": "PowerUp", "firmware_version": "2.0"},
            id="booted",
        ),
        pytest.param(
            FaultNoticed(**WHERE, fault=FAULT),
            {"event_type": "fault", **FAULT_ATTRIBUTES},
            id="fault",
        ),
        pytest.param(
            FaultClosed(**WHERE, fault=FAULT),
            {"event_type": "fault_cleared", **FAULT_ATTRIBUTES},
            id="fault cleared",
        ),
        pytest.param(
            SecurityEvent(**WHERE, kind="TamperDetectionActivated", detail="lid"),
            {"event_type": "security", "kind": "TamperDetectionActivated", "detail": "lid"},
            id="security",
        ),
        pytest.param(
            FirmwareProgress(**WHERE, status="DownloadFailed", request_id=3),
            {"event_type": "firmware", "status": "download_failed", "request_id": 3},
            id="firmware",
        ),
        pytest.param(
            LogProgress(**WHERE, status="UploadFailure", request_id=4),
            {"event_type": "log", "status": "upload_failure", "request_id": 4},
            id="log",
        ),
        pytest.param(
            ReservationChanged(**WHERE, reservation=RESERVATION),
            {
                "event_type": "reservation",
                "reservation_id": 12,
                "status": "used",
                "connector_id": 1,
                "id_token": "CARD-7",
                "expires_at": "2026-10-05T19:30:00+00:00",
                "transaction_id": "41",
            },
            id="reservation",
        ),
    ],
)
async def test_what_happens_at_a_station_is_told(
    house: House, event: Event, attributes: dict[str, Any]
) -> None:
    await publish(house, event)
    assert happened(house, "station", 0) == AT | attributes


@pytest.mark.parametrize(("accepted", "kind"), [(True, "accepted"), (False, "rejected")])
async def test_a_presented_card_is_told_with_our_answer(
    house: House, *, accepted: bool, kind: str
) -> None:
    await publish(
        house, CardPresented(**WHERE, connector_id=None, id_token="CARD-7", accepted=accepted)
    )
    assert happened(house, "card", 0) == AT | {
        "event_type": kind,
        "id_token": "CARD-7",
        "connector_id": None,
        "driver": None,
    }


async def test_a_session_is_told_when_it_starts_and_when_it_stops(house: House) -> None:
    await house.connect()
    await publish(house, SessionStarted(**WHERE, session=SESSION))
    started: dict[str, Any] = {
        "event_type": "started",
        "session_id": "4f1c",
        "transaction_id": "41",
        "id_token": "CARD-7",
        "started_at": "2026-10-05T16:59:40+00:00",
        "ended_at": None,
        "energy": 6.25,
        "stop_reason": None,
        "flags": [],
        "driver": None,
    }
    assert happened(house, "session", 1) == AT | started
    await publish(house, SessionEnded(**WHERE, session=ENDED))
    assert happened(house, "session", 1) == AT | started | {
        "event_type": "stopped",
        "ended_at": "2026-10-05T18:30:00+00:00",
        "energy": 7.0,
        "stop_reason": "EVDisconnected",
        "flags": ["gap", "signed"],
    }


@pytest.mark.parametrize(
    ("event", "key", "connector_id"),
    [
        (SessionStarted(**WHERE, session=SESSION, replayed=True), "session", 1),
        (SessionEnded(**WHERE, session=ENDED, replayed=True), "session", 1),
        (ReservationChanged(**WHERE, reservation=RESERVATION, replayed=True), "station", 0),
        (
            CardPresented(**WHERE, connector_id=1, id_token="CARD-7", accepted=True, replayed=True),
            "card",
            0,
        ),
    ],
)
async def test_old_news_sets_nothing_off(
    house: House, event: Event, key: str, connector_id: int
) -> None:
    await house.connect()
    await publish(house, event)
    assert house.state("event", key, connector_id) == STATE_UNKNOWN


@pytest.mark.parametrize(
    "event",
    [
        StationConnected(**WHERE),
        StationBooted(station_id="GARAGE-2", at=NOW, identity=StationIdentity()),
        SessionStarted(
            station_id="GARAGE-2", at=NOW, session=replace(SESSION, station_id="GARAGE-2")
        ),
        SessionStarted(**WHERE, session=replace(SESSION, connector_id=2)),
    ],
)
async def test_what_happens_elsewhere_is_not_told_here(house: House, event: Event) -> None:
    await house.connect()
    await publish(house, event)
    for key, connector_id in (("session", 1), ("card", 0), ("station", 0)):
        assert house.state("event", key, connector_id) == STATE_UNKNOWN


async def test_a_reconnect_is_no_event(house: House) -> None:
    await house.connect()
    await publish(house, SessionStarted(**WHERE, session=SESSION))
    before = house.state("event", "session")
    await house.change(connected=False)
    assert house.state("event", "session") == before
    await house.change(connected=True)
    assert house.state("event", "session") == before


async def test_a_restart_of_home_assistant_in_a_session_is_no_event(house: House) -> None:
    async with dialled_in(house) as station:
        station.present_card(1, "CARD-7")
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.settle()
        told = happened(house, "session", 1)
        assert told["event_type"] == "started"
        assert told["id_token"] == "CARD-7"
        before = house.state("event", "session")
        station.go_offline()
        await house.hass.config_entries.async_reload(house.entry.entry_id)
        await house.settle()
        assert house.state("event", "session") == before


async def test_the_stations_own_time_is_told(house: House) -> None:
    at = NOW - timedelta(minutes=3)
    await publish(
        house,
        CardPresented(
            station_id="GARAGE-1", at=at, connector_id=1, id_token="CARD-7", accepted=True
        ),
    )
    assert happened(house, "card", 0)["at"] == "2026-10-05T18:27:00+00:00"
