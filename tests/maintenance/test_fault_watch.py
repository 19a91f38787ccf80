"""Faults that we see ourselves."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from custom_components.chargestead.model.events import (
    SessionUpdated,
    StationConnected,
    StationDisconnected,
)
from custom_components.chargestead.model.limit import Limit, LimitReason, LimitState
from custom_components.chargestead.model.reading import Measurements
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.model.station import ConnectorStatus

from .fault_fixtures import CONNECTED, STATION, FaultDesk

DAY = 86_400


@pytest.fixture
async def desk() -> FaultDesk:
    """Return a desk with one station that is connected."""
    return await FaultDesk().open()


def with_connector(desk: FaultDesk, **changes: object) -> None:
    """Let connector 1 be otherwise."""
    connector = replace(desk.state.connectors[1], **changes)  # type: ignore[arg-type]
    desk.see(replace(desk.state, connectors={**desk.state.connectors, 1: connector}))


def charging(desk: FaultDesk, **changes: object) -> None:
    """Let connector 1 charge."""
    session = Session(
        id="s",
        station_id=STATION,
        connector_id=1,
        transaction_id="1",
        started_at=desk.clock.now(),
    )
    with_connector(
        desk, status=ConnectorStatus.CHARGING, session=session, register_mwh=0, **changes
    )


def measured(desk: FaultDesk, power_w: float, register_mwh: int | None = None) -> None:
    """Let a meter value come."""
    changes: dict[str, object] = {
        "measurements": Measurements(at=desk.clock.now(), power_w=power_w)
    }
    if register_mwh is not None:
        changes["register_mwh"] = register_mwh
    with_connector(desk, **changes)


async def test_being_offline_is_told_once_it_has_lasted(desk: FaultDesk) -> None:
    for minutes in (1, 5, 59):
        desk.say(StationDisconnected(**desk.now()))  # type: ignore[arg-type]
        desk.clock.advance(minutes * 60)
        desk.say(StationConnected(**desk.now()))  # type: ignore[arg-type]
    assert desk.told == []
    assert await desk.faults.history() == [], "what nobody is told of is not kept"
    desk.say(StationDisconnected(**desk.now()))  # type: ignore[arg-type]
    desk.clock.advance(3601)
    assert set(desk.open_faults) == {"offline"}
    desk.say(StationConnected(**desk.now()))  # type: ignore[arg-type]
    assert desk.words == [("noticed", "offline"), ("closed", "offline")]


async def test_a_station_that_never_dialled_in_is_offline_and_stays_so_over_restarts() -> None:
    desk = FaultDesk()
    desk.state = replace(CONNECTED, connected=False)
    await desk.open()
    desk.clock.advance(3601)
    assert set(desk.open_faults) == {"offline"}
    since = desk.open_faults["offline"].first_at
    await desk.restart()
    assert desk.open_faults["offline"].first_at == since
    desk.clock.advance(DAY)
    assert desk.open_faults["offline"].count == 1
    assert desk.words == [("noticed", "offline")]
    desk.say(StationConnected(**desk.now()))  # type: ignore[arg-type]
    assert desk.words[1:] == [("closed", "offline")]


async def test_a_wrong_clock_is_told_once_it_has_stayed_wrong(desk: FaultDesk) -> None:
    desk.see(replace(desk.state, clock_offset_s=-7200.4))
    desk.clock.advance(200)
    desk.see(replace(desk.state, clock_offset_s=None))
    assert desk.told == []
    desk.clock.advance(101)
    assert desk.open_faults["clock_wrong"].info == "-7200 s"
    desk.see(replace(desk.state, clock_offset_s=1.0))
    assert not desk.open_faults


@pytest.mark.parametrize(
    ("state", "kind"),
    [(LimitState.IGNORED, "limit_ignored"), (LimitState.REFUSED, "limit_refused")],
)
async def test_a_limit_that_is_not_obeyed_is_told(
    desk: FaultDesk, state: LimitState, kind: str
) -> None:
    limit = Limit(current_a=10, reason=LimitReason.USER, state=state)
    with_connector(desk, limit=limit)
    desk.clock.advance(181)
    assert desk.open_faults[kind].info == "10 A"
    assert desk.open_faults[kind].connector_id == 1
    with_connector(desk, limit=replace(limit, state=LimitState.OBEYED))
    assert not desk.open_faults


async def test_a_limit_taken_away_is_no_fault_any_more(desk: FaultDesk) -> None:
    with_connector(
        desk, limit=Limit(current_a=10, reason=LimitReason.USER, state=LimitState.IGNORED)
    )
    desk.clock.advance(181)
    with_connector(desk, limit=None)
    assert not desk.open_faults


async def test_a_connector_out_of_service_for_a_day_is_told(desk: FaultDesk) -> None:
    with_connector(desk, status=ConnectorStatus.UNAVAILABLE)
    desk.clock.advance(DAY - 10)
    assert desk.told == []
    desk.clock.advance(11)
    assert set(desk.open_faults) == {"out_of_service"}
    with_connector(desk, status=None)
    assert set(desk.open_faults) == {"out_of_service"}
    with_connector(desk, status=ConnectorStatus.AVAILABLE)
    assert not desk.open_faults


async def test_an_emergency_stop_is_told_at_once_and_over_with_the_next_charge(
    desk: FaultDesk,
) -> None:
    desk.session(600, 900, "EmergencyStop", connector_id=2)
    assert desk.open_faults["emergency_stop"].connector_id == 2
    desk.session(600, 900, "EVDisconnected", connector_id=1)
    assert set(desk.open_faults) == {"emergency_stop"}
    desk.session(600, 900, "EVDisconnected", connector_id=2)
    assert not desk.open_faults


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("PowerLoss", "power_lost"),
        ("GroundFault", "ground_failure"),
        ("OvercurrentFault", "over_current_failure"),
        ("PowerQuality", "supply_problem"),
    ],
)
async def test_ends_that_should_not_be_are_told_when_they_come_often(
    desk: FaultDesk, reason: str, kind: str
) -> None:
    for _ in range(3):
        assert desk.told == []
        desk.session(600, 900, reason)
    assert set(desk.open_faults) == {kind}
    desk.clock.advance(DAY + 10)
    assert not desk.open_faults


@pytest.mark.parametrize("reason", ["Local", "Remote", "EVDisconnected", "DeAuthorized", None])
async def test_ordinary_ends_are_no_faults(desk: FaultDesk, reason: str | None) -> None:
    for _ in range(10):
        desk.session(30, 0, reason)
    assert desk.told == []


async def test_starts_that_fail_again_and_again_are_told_until_one_succeeds(
    desk: FaultDesk,
) -> None:
    desk.session(30, 0, "Other")
    desk.session(30, 0, "Timeout")
    desk.counts["start_refused"] = 1
    desk.see(replace(desk.state, latency_s=0.1))
    assert set(desk.open_faults) == {"starts_fail"}
    desk.session(3600, 5000, "Local")
    assert not desk.open_faults


def _minutes(desk: FaultDesk, count: int) -> Iterable[int]:
    for minute in range(1, count + 1):
        desk.clock.advance(60)
        yield minute


async def test_a_meter_that_falls_silent_while_charging_is_told_until_it_speaks(
    desk: FaultDesk,
) -> None:
    charging(desk)
    for minute in _minutes(desk, 30):
        measured(desk, 7000, minute * 116_000)
    assert desk.told == []
    desk.clock.advance(1800)
    assert set(desk.open_faults) == {"meter_silent"}
    measured(desk, 7000, 9_000_000)
    assert not desk.open_faults


async def test_a_meter_that_speaks_rarely_is_given_time(desk: FaultDesk) -> None:
    charging(desk)
    for quarter in range(1, 9):
        desk.clock.advance(900)
        measured(desk, 7000, quarter * 1_750_000)
    desk.clock.advance(2600)
    assert desk.told == []
    desk.clock.advance(400)
    assert set(desk.open_faults) == {"meter_silent"}


@pytest.mark.parametrize("changes", [{"status": ConnectorStatus.SUSPENDED_EV}, {"session": None}])
async def test_a_meter_need_not_speak_while_nothing_charges(
    desk: FaultDesk, changes: dict[str, object]
) -> None:
    charging(desk)
    with_connector(desk, **changes)
    desk.clock.advance(DAY)
    assert desk.told == []
    assert not [timer for timer in desk.clock.timers if not timer.cancelled]


async def test_a_register_that_stands_still_while_energy_flows_is_told(desk: FaultDesk) -> None:
    charging(desk)
    for _ in _minutes(desk, 20):
        measured(desk, 7000)
    assert set(desk.open_faults) == {"meter_stuck"}
    measured(desk, 7000, 1000)
    assert not desk.open_faults


async def test_a_register_in_whole_kilowatt_hours_does_not_stand_still(desk: FaultDesk) -> None:
    charging(desk)
    for minute in _minutes(desk, 300):
        measured(desk, 1400, int(minute * 1400 / 60_000) * 1_000_000)
    assert desk.told == []


async def test_nonsense_of_a_register_is_told_when_it_comes_often(desk: FaultDesk) -> None:
    session = Session(
        id="s",
        station_id=STATION,
        connector_id=1,
        transaction_id="1",
        started_at=desk.clock.now(),
    )
    for count in (0, 0, 1, 1, 2, 2):
        desk.counts["register_fall"] = count
        desk.say(SessionUpdated(**desk.now(), session=session))  # type: ignore[arg-type]
    assert desk.told == []
    desk.counts["register_jump"] = 1
    desk.say(SessionUpdated(**desk.now(), session=session))  # type: ignore[arg-type]
    assert set(desk.open_faults) == {"meter_erratic"}


async def test_a_meter_that_was_replaced_is_told_once_for_a_session(desk: FaultDesk) -> None:
    session = Session(
        id="s",
        station_id=STATION,
        connector_id=2,
        transaction_id="1",
        started_at=desk.clock.now(),
        flags=frozenset({SessionFlag.REGISTER_REPLACED}),
    )
    for _ in range(5):
        desk.say(SessionUpdated(**desk.now(), session=session))  # type: ignore[arg-type]
    fault = desk.open_faults["meter_replaced"]
    assert (fault.count, fault.connector_id) == (1, 2)
    desk.faults.settle(STATION, fault.key)
    assert not desk.open_faults


async def test_a_charge_that_goes_well_is_told_nothing_of(desk: FaultDesk) -> None:
    with_connector(desk, status=ConnectorStatus.AVAILABLE)
    charging(desk, limit=Limit(current_a=16, reason=LimitReason.USER, state=LimitState.OBEYED))
    for minute in _minutes(desk, 240):
        measured(desk, 7000, minute * 116_667)
    with_connector(desk, status=ConnectorStatus.FINISHING, session=None)
    desk.session(60 * 60, 7000, "EVDisconnected")
    assert desk.told == []
    assert desk.faults.active(STATION) == ()
