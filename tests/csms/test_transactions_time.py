"""Clocks that are wrong, jump, or say nothing."""

from datetime import timedelta

import pytest

from .transaction_fixtures import House, at, flags_of, stamp


async def steady(house: House, off: float, one: int | None, since: float, wh: int) -> None:
    """Let readings come every ten seconds by a clock that is that many seconds off."""
    for step in range(1, 11):
        house.clock.go_to(since + 10 * step)
        await house.say(
            "MeterValues",
            connectorId=1,
            transactionId=one,
            meterValue=[
                {
                    "timestamp": stamp(since + 10 * step + off),
                    "sampledValue": [{"value": str(wh + 10 * step)}],
                }
            ],
        )


@pytest.mark.parametrize("off", [7200, 5 * 3600 + 17])
async def test_a_clock_that_is_ahead_is_corrected_at_once_and_flagged(off: float) -> None:
    async with House() as house:
        one = await house.start(None, 1000, timestamp=stamp(off))
        await steady(house, off, one, 0, 1000)
        house.clock.go_to(200)
        await house.stop(one, None, 1200, timestamp=stamp(200 + off))
        session = await house.session(one)
        assert (session.started_at, session.ended_at) == (at(0), at(200))
        assert flags_of(session) == {"clock_corrected"}
        assert session.energy_mwh == 200_000
        readings = await house.ledger.readings(session.id)
        assert all(at(0) <= item.at <= at(200) for item in readings)


async def test_a_clock_that_is_behind_is_corrected_once_that_is_sure() -> None:
    async with House() as house:
        await steady(house, -3 * 3600, None, 0, 1000)
        assert house.station.clock_offset.seconds == -3 * 3600
        house.clock.go_to(200)
        one = await house.start(None, 1100, timestamp=stamp(200 - 3 * 3600))
        house.clock.go_to(300)
        await house.stop(one, None, 1200, timestamp=stamp(300 - 3 * 3600))
        session = await house.session(one)
        assert (session.started_at, session.ended_at) == (at(200), at(300))
        assert flags_of(session) == {"clock_corrected"}
        assert house.station.state.clock_offset_s == -3 * 3600


@pytest.mark.parametrize("jump", [-3600, -7 * 3600, 7200])
async def test_a_clock_that_jumps_in_a_session_loses_no_energy(jump: float) -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await steady(house, 0, one, 0, 1000)
        await steady(house, jump, one, 100, 1100)
        assert house.station.book.connector(1).register_mwh == 1_200_000
        house.clock.go_to(300)
        await house.stop(one, None, 1300, timestamp=stamp(300 + jump))
        session = await house.session(one)
        assert session.energy_mwh == 300_000
        assert session.ended_at == at(300)
        assert flags_of(session) == {"clock_corrected"}


@pytest.mark.parametrize("jump", [-3600, -1000])
async def test_a_stop_whose_time_cannot_be_ends_a_session_now(jump: float) -> None:
    """Before its start, or before a reading of less."""
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(1200, 2000, one)
        house.clock.go_to(1800)
        await house.stop(one, None, 3000, timestamp=stamp(1800 + jump))
        session = await house.session(one)
        assert session.energy_mwh == 2_000_000
        assert session.ended_at == at(1800)
        assert "clock_corrected" in flags_of(session)
        assert house.count("stop_time_impossible") == 1


async def test_a_stop_a_moment_before_its_start_is_a_session_of_no_length() -> None:
    async with House() as house:
        one = await house.start(100, 1000)
        await house.stop(one, None, 1000, timestamp=stamp(99.5))
        session = await house.session(one)
        assert session.started_at == session.ended_at == at(100)
        assert not session.flags


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-03-01T12:00:05Z", at(5)),
        ("2026-03-01T12:00:05", at(5)),
        ("2026-03-01 12:00:05Z", at(5)),
        (" 2026-03-01T12:00:05.000Z ", at(5)),
        ("2026-03-01T14:00:05+02:00", at(5)),
        ("2026-03-01T12:00:05.1234567Z", at(5.123456)),
        (None, at(60)),
        ("", at(60)),
        ("yesterday", at(60)),
        (1772366405, at(60)),
    ],
)
async def test_times_as_stations_write_them(written: object, expected: object) -> None:
    async with House() as house:
        house.clock.go_to(60)
        one = await house.start(None, 1000, timestamp=written)
        assert (await house.session(one)).started_at == expected
        await house.stop(one, None, 1000, timestamp=written)
        ended_at = (await house.session(one)).ended_at
        assert ended_at is not None
        assert abs(ended_at - expected) < timedelta(seconds=1)


async def test_readings_without_a_time_are_of_now() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        house.clock.go_to(77)
        await house.meter(None, 1100, one)
        session = await house.session(one)
        assert (session.register_last_mwh, session.register_last_at) == (1_100_000, at(77))


async def test_a_clock_that_was_never_set_means_now_and_is_flagged() -> None:
    async with House() as house:
        house.clock.go_to(50)
        one = await house.start(None, 1000, timestamp="1970-01-01T00:03:00Z")
        house.clock.go_to(90)
        await house.stop(one, None, 1100, timestamp="1970-01-01T00:03:40Z")
        session = await house.session(one)
        assert (session.started_at, session.ended_at) == (at(50), at(90))
        assert flags_of(session) == {"clock_corrected"}


async def test_a_boot_sets_the_clock_so_nothing_is_corrected_any_more() -> None:
    async with House() as house:
        await house.meter(None, 1000)
        await house.say(
            "StatusNotification", connectorId=1, status="Available", timestamp=stamp(7200)
        )
        assert house.station.clock_offset.seconds == 7200
        await house.say("BootNotification", chargePointVendor="V", chargePointModel="M")
        one = await house.start(10, 1000)
        assert not (await house.session(one)).flags
