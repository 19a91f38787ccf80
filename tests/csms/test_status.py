"""Statuses, and what they do to sessions and faults."""

import pytest

from custom_components.chargestead.model.commands import SetAvailability
from custom_components.chargestead.model.events import (
    ConnectorFound,
    FaultCleared,
    FaultRaised,
    StatusChanged,
)
from custom_components.chargestead.model.station import ConnectorStatus

from .transaction_fixtures import STATION, House, at, flags_of, only, stamp


def status(house: House, connector: int = 1) -> ConnectorStatus | None:
    return house.station.book.connector(connector).status


def told[T](house: House, kind: type[T]) -> list[T]:
    return [event for event in house.events if isinstance(event, kind)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Available", ConnectorStatus.AVAILABLE),
        ("Occupied", ConnectorStatus.PREPARING),
        ("suspendedEV", ConnectorStatus.SUSPENDED_EV),
        ("SUSPENDED_EVSE", ConnectorStatus.SUSPENDED_EVSE),
        (" Suspended EV ", ConnectorStatus.SUSPENDED_EV),
        ("Faulted", ConnectorStatus.FAULTED),
    ],
)
async def test_statuses_as_stations_spell_them(word: str, expected: ConnectorStatus) -> None:
    async with House() as house:
        await house.status(0, word)
        assert status(house) is expected


async def test_an_unknown_status_leaves_the_last_and_is_counted() -> None:
    async with House() as house:
        await house.status(0, "Charging")
        await house.status(5, "Levitating")
        assert status(house) is ConnectorStatus.CHARGING
        await house.say("StatusNotification", connectorId=1, errorCode="GroundFailure")
        assert status(house) is ConnectorStatus.CHARGING
        assert house.count("status_unknown") == 2
        assert only(told(house, FaultRaised)).fault.code == "GroundFailure"


async def test_a_first_message_may_say_no_status_at_all() -> None:
    async with House() as house:
        await house.say("StatusNotification", connectorId=1)
        assert status(house) is None
        await house.say("StatusNotification", connectorId=0)
        assert house.station.state.operative


async def test_a_status_older_than_the_newest_is_no_news_whatever_the_order() -> None:
    async with House() as house:
        house.clock.go_to(500)
        await house.status(300, "Charging")
        await house.status(100, "Available")
        assert status(house) is ConnectorStatus.CHARGING
        assert house.count("status_old") == 1
        await house.status(300, "SuspendedEV")
        assert status(house) is ConnectorStatus.SUSPENDED_EV
        await house.status(None, "Finishing")
        assert status(house) is ConnectorStatus.FINISHING
        assert [item.replayed for item in told(house, StatusChanged)] == [True, True, False]


async def test_connector_0_speaks_for_the_only_connector_until_that_speaks_itself() -> None:
    async with House() as house:
        await house.status(0, "Available", connector=0)
        assert status(house) is ConnectorStatus.AVAILABLE
        await house.status(1, "Charging", connector=1)
        await house.status(2, "Available", connector=0)
        assert status(house) is ConnectorStatus.CHARGING


async def test_connector_0_of_several_is_the_station_alone() -> None:
    async with House(connectors=2) as house:
        await house.status(0, "Unavailable", connector=0)
        assert (status(house, 1), status(house, 2)) == (None, None)
        assert not house.station.state.operative
        assert list(house.station.book.connectors) == [1, 2]
        await house.status(1, "Available", connector=0)
        assert house.station.state.operative


async def test_no_connector_given_is_the_only_one_or_the_station() -> None:
    async with House() as house:
        await house.say("StatusNotification", status="Charging", errorCode="NoError")
        assert status(house) is ConnectorStatus.CHARGING
    async with House(connectors=2) as house:
        await house.say("StatusNotification", status="Charging", errorCode="NoError")
        assert status(house, 1) is None
        assert house.count("connector_missing") == 1


@pytest.mark.parametrize("connector", [-1, 33, 1_850_000_000])
async def test_a_connector_out_of_bounds_is_counted_and_grows_nothing(connector: int) -> None:
    async with House() as house:
        await house.status(0, "Available", connector=connector)
        assert list(house.station.book.connectors) == [1]
        assert house.count("connector_out_of_bounds") == 1


async def test_a_connector_that_speaks_is_found_with_those_below_it_and_remembered() -> None:
    async with House() as house:
        await house.status(0, "Available", connector=3)
        assert [item.connector_id for item in told(house, ConnectorFound)] == [2, 3]
        await house.restart()
        assert list(house.station.book.connectors) == [1, 2, 3]


async def test_available_closes_a_session_the_station_forgot_at_its_last_reading() -> None:
    """Zaptec Go never sends StopTransaction in some cases."""
    async with House() as house:
        one = await house.start(0, 1000)
        await house.status(1, "Charging")
        await house.meter(600, 3000, one)
        await house.status(700, "Available")
        assert house.shown() is not None, "the stop may be on its way"
        house.clock.advance(11)
        session = await house.session(one)
        assert (session.ended_at, session.energy_mwh) == (at(600), 2_000_000)
        assert flags_of(session) == {"forgotten"}
        assert house.shown() is None
        await house.stop(one, 690, 3200, reason="EVDisconnected")
        session = await house.session(one)
        assert (session.ended_at, session.energy_mwh) == (at(690), 2_200_000)
        assert session.flags <= {"offline"}
        assert session.stop_reason == "EVDisconnected"


async def test_available_and_then_busy_again_closes_nothing() -> None:
    """FoxESS says Available after a transaction began, with the cable in."""
    async with House() as house:
        one = await house.start(0, 1000)
        await house.status(5, "Available")
        await house.status(6, "Available")
        await house.status(8, "Charging")
        house.clock.advance(60)
        assert (await house.session(one)).is_open


async def test_available_closes_nothing_that_was_read_of_later() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        house.clock.go_to(1000)
        await house.status(100, "Available")
        await house.meter(900, 3000, one)
        house.clock.advance(60)
        assert (await house.session(one)).is_open
        await house.status(100, "Available")
        house.clock.advance(60)
        assert (await house.session(one)).is_open


async def test_available_from_before_a_session_does_not_close_it() -> None:
    async with House() as house:
        one = await house.start(1000, 1000)
        await house.status(900, "Available")
        house.clock.advance(60)
        assert (await house.session(one)).is_open


async def test_a_stop_in_time_is_no_forgetting() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.status(60, "Available")
        await house.stop(one, 60, 1100)
        house.clock.advance(60)
        assert not (await house.session(one)).flags


async def test_a_restart_while_a_station_is_forgetting_only_delays_it() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.status(60, "Available")
        await house.restart()
        house.clock.advance(60)
        assert (await house.session(one)).is_open
        await house.status(130, "Available")
        house.clock.advance(11)
        assert flags_of(await house.session(one)) == {"forgotten"}


async def test_faults_are_raised_once_and_cleared_once() -> None:
    async with House(connectors=2) as house:
        for seconds in (0, 1):
            await house.say(
                "StatusNotification",
                connectorId=2,
                status="Faulted",
                errorCode="OtherError",
                info="PP",
                vendorId="CTEK",
                vendorErrorCode="E7",
                timestamp=stamp(seconds),
            )
            house.clock.advance(1)
        fault = only(told(house, FaultRaised)).fault
        assert (fault.code, fault.info, fault.vendor_error_code) == ("OtherError", "PP", "E7")
        await house.status(5, "Faulted", connector=1)
        assert [item.fault.code for item in told(house, FaultRaised)] == ["OtherError"] * 2
        await house.status(6, "Available", connector=2)
        assert only(told(house, FaultCleared)).connector_id == 2
        await house.say("StatusNotification", connectorId=0, errorCode="PowerMeterFailure")
        await house.say("StatusNotification", connectorId=0, errorCode="ReaderFailure")
        assert [item.fault.code for item in told(house, FaultCleared)][1:] == ["PowerMeterFailure"]
        assert house.station.state.fault is not None
        await house.say("StatusNotification", connectorId=0, errorCode="NoError")
        assert house.station.state.fault is None


async def test_what_is_operative_is_remembered() -> None:
    async with House(connectors=2) as house:
        house.station._done(SetAvailability(connector_id=2, operative=False), {})
        house.station._done(SetAvailability(connector_id=0, operative=False), {})
        house.station._done(SetAvailability(connector_id=9, operative=False), {})
        await house.restart()
        assert not house.station.state.operative
        assert not house.station.book.connector(2).operative
        assert house.station.book.connector(1).operative
        assert house.station.station_id == STATION
        await house.status(0, "Available", connector=2)
        assert house.station.book.connector(2).operative
