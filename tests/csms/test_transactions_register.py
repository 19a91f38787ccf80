"""Energy from registers that misbehave: never negative, never dropped."""

import pytest

from .transaction_fixtures import House, at, flags_of


async def test_energy_is_the_difference_of_the_registers() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(60, 1100, one)
        assert (await house.session(one)).energy_mwh == 100_000
        await house.stop(one, 3600, 8000)
        session = await house.session(one)
        assert session.energy_mwh == 7_000_000
        assert not session.flags
        assert await house.registers_wh(one) == [1000, 1100, 8000]


async def test_lifetime_start_with_samples_of_the_session_never_gives_negative_energy() -> None:
    """Grizzl-E: a lifetime register in StartTransaction, the session's own in the samples."""
    async with House() as house:
        for number, lifetime in enumerate((4_076_000, 4_083_000)):
            begin = 10_000 * number
            one = await house.start(begin, lifetime)
            for step in range(1, 8):
                await house.meter(begin + 600 * step, 1000 * step, one)
                assert await house.energy_wh(one) >= 0
            await house.stop(one, begin + 4300, 7000)
            assert await house.energy_wh(one) == 7000
            assert flags_of(await house.session(one)) >= {"register_replaced"}


async def test_a_register_that_begins_anew_with_each_session_gives_each_its_energy() -> None:
    async with House() as house:
        for number, wh in enumerate((9000, 6000, 12_000)):
            begin = 10_000 * number
            one = await house.start(begin, 0)
            for step in (1, 2):
                await house.meter(begin + 60 * step, 0, one)
            await house.stop(one, begin + 5000, wh)
            assert await house.energy_wh(one) == wh, "zeros at first are no reason to lose the end"


async def test_a_start_register_that_is_not_supported_takes_the_one_before() -> None:
    async with House() as house:
        await house.meter(0, 50_000)
        one = await house.start(100, 0)
        await house.meter(160, 50_100, one)
        await house.stop(one, 3700, 57_000)
        session = await house.session(one)
        assert session.energy_mwh == 7_000_000
        assert flags_of(session) == {"estimated"}


async def test_a_zero_now_and_then_is_dropped_and_counted() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        for step in range(1, 9):
            await house.meter(60 * step, 0 if step % 2 else 1000 + 100 * step, one)
        await house.stop(one, 600, 2000)
        session = await house.session(one)
        assert session.energy_mwh == 1_000_000
        assert not session.flags
        assert house.count("register_fall") == 4
        assert 0 not in await house.registers_wh(one)


async def test_a_jump_beyond_what_the_connector_delivers_is_dropped() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(60, 900_000, one)
        await house.meter(120, 1200, one)
        assert house.count("register_jump") == 1
        assert await house.energy_wh(one) == 200
        await house.stop(one, 600, 2000)
        assert await house.energy_wh(one) == 1000


@pytest.mark.parametrize("origin", [0, 77_000_000])
async def test_a_replaced_meter_loses_none_of_the_energy_on_either_side(origin: int) -> None:
    async with House() as house:
        one = await house.start(0, 1_000_000)
        await house.meter(3600, 1_005_000, one)
        for step in range(1, 5):
            await house.meter(3600 + 600 * step, origin + 1000 * step, one)
        await house.stop(one, 7200, origin + 5000)
        session = await house.session(one)
        # A meter that begins at zero tells of all since; of another the first reading is the baseline.
        assert session.energy_mwh == (10_000_000 if origin == 0 else 9_000_000)
        assert flags_of(session) == {"register_replaced", "estimated"}


async def test_a_register_that_rolls_over_goes_on_counting() -> None:
    async with House() as house:
        one = await house.start(0, 999_999_000)
        await house.meter(600, 999_999_900, one)
        for step in range(1, 4):
            await house.meter(600 + 60 * step, 100 * step, one)
        await house.stop(one, 900, 500)
        assert await house.energy_wh(one) == 1400


async def test_a_station_that_boots_anew_in_a_session_goes_on_from_its_new_origin() -> None:
    async with House() as house:
        one = await house.start(0, 500_000)
        await house.meter(1800, 504_000, one)
        await house.say("BootNotification", chargePointVendor="V", chargePointModel="M")
        await house.stop(one, 3600, 3000)
        session = await house.session(one)
        assert session.energy_mwh == 7_000_000
        assert flags_of(session) == {"register_replaced", "estimated"}


async def test_a_late_stop_counts_though_the_meter_was_replaced_meanwhile() -> None:
    async with House() as house:
        one = await house.start(0, 500_000)
        await house.meter(600, 501_000, one)
        two = await house.start(4000, 0)
        for step in range(1, 5):
            await house.meter(4000 + 60 * step, 100 * step, two)
        await house.stop(one, 3600, 507_000)
        assert await house.energy_wh(one) == 7000
        assert flags_of(await house.session(one)) == {"offline"}
        await house.stop(two, 4300, 500)
        assert await house.energy_wh(two) == 500


@pytest.mark.parametrize("told", [None, "", "much", 0, 1000, 900])
async def test_an_end_register_that_says_nothing_leaves_the_last_reading(told: object) -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(600, 3000, one)
        await house.stop(one, 610, told)
        session = await house.session(one)
        assert session.energy_mwh == 2_000_000
        assert flags_of(session) == {"estimated"}
        assert not session.is_open


async def test_without_a_start_register_the_earliest_reading_is_the_baseline_and_it_shows() -> None:
    async with House() as house:
        one = await house.start(0, None)
        for seconds, wh in ((200, 1400), (300, 1600), (100, 1200)):
            await house.meter(seconds, wh, one)
        await house.stop(one, 400, 1900)
        session = await house.session(one)
        assert session.energy_mwh == 700_000
        assert flags_of(session) == {"gap"}


async def test_with_no_register_but_the_last_energy_is_unknown_and_not_zero() -> None:
    async with House() as house:
        one = await house.start(0, None)
        await house.stop(one, 3600, 9000)
        assert await house.energy_wh(one) is None
        assert flags_of(await house.session(one)) == {"gap", "estimated"}


async def test_with_no_start_register_what_the_connector_showed_before_stands_in() -> None:
    async with House() as house:
        await house.meter(0, 4000)
        one = await house.start(60, None)
        await house.stop(one, 3600, 9000)
        assert await house.energy_wh(one) == 5000
        assert flags_of(await house.session(one)) == {"gap", "estimated"}


async def test_zero_energy_is_a_session_too() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 5, 1000)
        session = await house.session(one)
        assert session.energy_mwh == 0
        assert not session.flags


async def test_readings_of_one_moment_count_in_any_order() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(60, 1105, one)
        await house.meter(60, 1100, one)
        await house.stop(one, 60, 1105)
        session = await house.session(one)
        assert session.energy_mwh == 105_000
        assert not session.flags
        assert house.count("register_fall") == 0


async def test_the_meter_may_be_odd_at_the_start_and_we_restart_then() -> None:
    async with House() as house:
        await house.meter(0, 50_000)
        one = await house.start(100, 0)
        await house.restart()
        for step in range(1, 5):
            await house.meter(100 + 60 * step, 100 * step, one)
        await house.stop(one, 500, 500)
        assert await house.energy_wh(one) == 500


@pytest.mark.parametrize("start", [1000, None])
async def test_a_late_reading_that_does_not_fit_is_dropped_and_counted(start: int | None) -> None:
    async with House() as house:
        one = await house.start(0, start)
        await house.meter(100, 1500, one)
        await house.meter(600, 2000, one)
        await house.meter(300, 5000, one)
        assert house.count("reading_unfit") == 1
        await house.stop(one, 700, 2200)
        assert await house.energy_wh(one) == (1200 if start else 700)
        await house.meter(700, 2300, one)
        await house.meter(300, 0, one)
        assert await house.energy_wh(one) == (1200 if start else 700)
        assert house.count("reading_after_end") == 1


async def test_a_session_without_any_register_is_closed_all_the_same() -> None:
    async with House() as house:
        one = await house.start(0, None)
        two = await house.start(100, None)
        assert flags_of(await house.session(one)) == {"gap", "forgotten"}
        await house.stop(one, 50, None)
        await house.stop(two, 200, None)
        for transaction in (one, two):
            session = await house.session(transaction)
            assert session.energy_mwh is None
            assert not session.is_open
            assert flags_of(session) - {"offline"} == {"gap"}


async def test_a_session_whose_stop_told_no_register_still_takes_late_readings() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 700, None)
        assert await house.energy_wh(one) == 0
        assert flags_of(await house.session(one)) == {"estimated"}
        await house.meter(600, 3000, one)
        await house.meter(300, 2000, one)
        session = await house.session(one)
        assert session.energy_mwh == 2_000_000
        assert (session.ended_at, session.register_stop_mwh) == (at(700), 3_000_000)
