"""Messages that come in odd orders, twice, late, or not at all."""

import pytest

from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.session import SessionFlag

from .transaction_fixtures import House, at, flags_of, only


async def test_a_repeated_start_gets_the_same_id_also_after_a_restart() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        assert await house.start(0, 1000) == one
        await house.restart()
        assert await house.start(0, 1000) == one
        await house.stop(one, 60, 1100)
        assert await house.start(0, 1000) == one
        await house.restart()
        assert await house.start(0, 1000) == one
        assert not only(await house.ledger.sessions()).is_open
        assert await house.energy_wh(one) == 100


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_repeated_start_gets_the_same_id_after_many_other_sessions(
    *, restarted: bool
) -> None:
    async with House() as house:
        first = await house.start(0, 0)
        await house.stop(first, 50, 10)
        ids = [first]
        for number in range(1, 260):
            ids.append(await house.start(100 * number, 10 * number))
            await house.stop(ids[-1], 100 * number + 50, 10 * number + 10)
        assert ids == sorted(set(ids))
        if restarted:
            await house.restart()
        assert await house.start(0, 0) == first
        assert await house.energy_wh(first) == 10
        assert len(await house.ledger.sessions()) == 260
        await house.stop(first, 50, 10)
        await house.meter(20, 5, first)
        assert await house.registers_wh(first) == [0, 5, 10]
        assert len(await house.ledger.sessions()) == 260


async def test_a_start_without_a_time_is_the_same_only_while_its_session_runs() -> None:
    async with House() as house:
        one = await house.start(None, 1000)
        assert await house.start(None, 1000) == one
        await house.restart()
        assert await house.start(None, 1000) == one
        await house.stop(one, None, 1000)
        house.clock.advance(100)
        two = await house.start(None, 1000)
        assert two > one
        assert await house.start(None, 1000) == two
        house.clock.advance(3600)
        await house.stop(two, None, 6000)
        assert await house.energy_wh(one) == 0
        assert await house.energy_wh(two) == 5000
        await house.restart()
        assert await house.start(None, 1000) not in {one, two}


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:12Z", "", "soon", 17])
async def test_a_start_with_a_time_that_says_nothing_is_one_without(moment: object) -> None:
    async with House() as house:
        one = await house.start(None, 1000, timestamp=moment)
        await house.stop(one, 100, 1000)
        two = await house.start(None, 1000, timestamp=moment)
        assert two != one
        assert await house.start(None, 1000, timestamp=moment) == two


async def test_two_starts_without_a_stop_close_the_first_at_its_last_reading() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(600, 3000, one)
        two = await house.start(1000, 3200)
        first = await house.session(one)
        assert flags_of(first) == {"forgotten"}
        assert first.ended_at == at(600)
        assert first.energy_mwh == 2_000_000
        assert house.shown() == await house.session(two)
        await house.stop(one, 900, 3150)
        first = await house.session(one)
        assert first.energy_mwh == 2_150_000
        assert first.ended_at == at(900)
        assert not first.flags & {SessionFlag.FORGOTTEN}
        assert house.shown() == await house.session(two), "the newer one still runs"


async def test_a_reading_that_comes_late_still_counts_in_a_forgotten_session() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.start(1000, 4000)
        assert await house.energy_wh(one) == 0
        await house.meter(900, 3900, one)
        await house.meter(500, 2000, one)
        session = await house.session(one)
        assert session.energy_mwh == 2_900_000
        assert session.ended_at == at(900)
        assert flags_of(session) == {"forgotten"}
        assert await house.registers_wh(one) == [1000, 2000, 3900]


@pytest.mark.parametrize("newer_ended", [False, True])
async def test_an_old_start_that_is_replayed_does_not_take_the_connector_over(
    *, newer_ended: bool
) -> None:
    async with House() as house:
        new = await house.start(5000, 9000)
        if newer_ended:
            await house.stop(new, 6000, 9500)
        old = await house.start(1000, 4000)
        shown = house.shown()
        assert (shown is None) if newer_ended else (shown is not None and shown.id != str(old))
        assert flags_of(await house.session(old)) == {"forgotten", "offline"}
        await house.meter(2000, 5000, old)
        await house.stop(old, 3000, 8000)
        session = await house.session(old)
        assert session.energy_mwh == 4_000_000
        assert flags_of(session) == {"offline"}
        assert session.ended_at == at(3000)
        last = house.station.book.connector(1).last_session
        if newer_ended:
            assert last is not None
            assert last.transaction_id == str(new)


async def test_an_offline_charge_lands_at_its_own_time_with_a_flag() -> None:
    async with House() as house:
        house.clock.go_to(50_000)
        one = await house.start(1000, 0)
        await house.meter(2000, 3000, one)
        await house.stop(one, 4600, 9000)
        session = await house.session(one)
        assert session.started_at == at(1000)
        assert session.ended_at == at(4600)
        assert flags_of(session) == {"offline"}
        assert house.shown() is None
        replayed = [event.replayed for event in house.events if hasattr(event, "replayed")]
        assert all(replayed)


async def test_a_stop_of_a_transaction_nobody_started_is_an_orphan_and_books_nothing() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        assert await house.stop(one + 7, 60, 5000, idTag="CARD") == {
            "idTagInfo": {"status": "Accepted"}
        }
        assert await house.session(one) == house.shown()
        orphan = next(
            item for item in await house.ledger.sessions() if SessionFlag.ORPHAN in item.flags
        )
        assert (orphan.connector_id, orphan.register_stop_mwh) == (0, 5_000_000)
        assert orphan.energy_mwh is None
        await house.stop(one + 7, 60, 5000, idTag="CARD")
        assert len(await house.ledger.sessions()) == 2


@pytest.mark.parametrize("foreign", [0, -1, 9223372036854775807, "none", None, -16])
async def test_orphans_of_one_senseless_id_stay_apart_also_after_a_restart(foreign: object) -> None:
    async with House() as house:
        await house.stop(foreign, 0, 5000)
        await house.restart()
        assert list(house.station.book.connectors) == [1], "an orphan is no connector"
        await house.stop(foreign, 1000, 9000)
        await house.stop(foreign, 0, 5000)
        orphans = await house.ledger.sessions()
        assert [item.register_stop_mwh for item in orphans] == [9_000_000, 5_000_000]
        assert all(SessionFlag.ORPHAN in item.flags for item in orphans)


async def test_an_orphan_has_the_energy_that_its_own_readings_tell() -> None:
    async with House() as house:
        values = [
            {"timestamp": f"2026-03-01T12:{minute:02}:00Z", "sampledValue": [{"value": str(wh)}]}
            for minute, wh in ((0, 1000), (10, 2000), (20, 0), (30, 3000))
        ]
        await house.stop(77, 2400, 3500, transactionData=values)
        orphan = only(await house.ledger.sessions())
        assert orphan.energy_mwh == 2_500_000
        assert orphan.started_at == at(0)
        assert len(await house.ledger.readings(orphan.id)) == 4


async def test_an_orphan_whose_stop_is_below_its_readings_has_no_negative_energy() -> None:
    async with House() as house:
        values = [
            {"timestamp": f"2026-03-01T12:{minute:02}:00Z", "sampledValue": [{"value": str(wh)}]}
            for minute, wh in ((0, 1000), (10, 2000))
        ]
        await house.stop(77, 700, 0, transactionData=values)
        orphan = only(await house.ledger.sessions())
        assert orphan.energy_mwh == 1_000_000
        assert flags_of(orphan) == {"orphan", "estimated"}


async def test_a_stop_that_comes_before_readings_loses_none_of_them() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 1000, 4000)
        await house.meter(500, 2000, one)
        await house.meter(1000, 4000, one)
        await house.meter(700, 3000, one)
        assert await house.registers_wh(one) == [1000, 2000, 3000, 4000, 4000]
        assert await house.energy_wh(one) == 3000


async def test_readings_after_the_end_are_not_the_sessions() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 1000, 4000)
        await house.meter(1060, 4005, one)
        assert await house.energy_wh(one) == 3000
        assert await house.registers_wh(one) == [1000, 4000]
        assert house.station.book.connector(1).register_mwh == 4_005_000


async def test_a_station_that_does_not_clear_its_transaction_id_books_on_the_next_session() -> None:
    """Vestel EVC04 goes on with the id of the session before."""
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 1000, 4000)
        two = await house.start(2000, 4000)
        await house.meter(2600, 5000, one)
        assert await house.energy_wh(one) == 3000
        assert await house.energy_wh(two) == 1000
        assert house.count("transaction_id_differs") == 1


async def test_readings_without_an_id_go_to_the_session_of_their_time() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(300, 1500)
        await house.stop(one, 1000, 4000)
        await house.meter(1500, 4000)
        two = await house.start(2000, 4000)
        await house.meter(2300, 4500)
        await house.meter(500, 2000)
        await house.stop(two, 2600, 5000)
        await house.meter(2400, 4700)
        assert await house.registers_wh(one) == [1000, 1500, 2000, 4000]
        assert await house.registers_wh(two) == [4000, 4500, 4700, 5000]


async def test_a_message_that_spans_two_sessions_is_shared_between_them() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 1000, 4000)
        two = await house.start(2000, 4000)
        house.clock.go_to(3000)
        await house.say(
            "MeterValues",
            connectorId=1,
            meterValue=[
                {"timestamp": f"2026-03-01T12:{minute:02}:00Z", "sampledValue": [{"value": wh}]}
                for minute, wh in ((50, "4900"), (5, "2000"), (20, "4000"), (40, "4400"))
            ],
        )
        assert await house.registers_wh(one) == [1000, 2000, 4000]
        assert await house.registers_wh(two) == [4000, 4400, 4900]


async def test_a_repeated_stop_changes_nothing() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 1000, 4000, reason="Remote")
        before = await house.session(one)
        await house.stop(one, 1000, 4000, reason="Remote")
        await house.restart()
        await house.stop(one, 1000, 4000, reason="Remote")
        await house.stop(one, 2000, 9000, reason="Local")
        assert await house.session(one) == before
        assert await house.registers_wh(one) == [1000, 4000]


async def test_what_the_ledger_turned_away_is_kept_whole_when_it_is_said_again() -> None:
    async with House() as house:
        values = [
            {"timestamp": "2026-03-01T12:05:00Z", "sampledValue": [{"value": "2000"}]},
        ]
        one = await house.start(0, 1000)
        house.ledger.kept.clear()
        house.ledger.told.clear()
        house.ledger.failing = True
        with pytest.raises(LedgerError):
            await house.start(0, 1000)
        with pytest.raises(LedgerError):
            await house.meter(600, 2500, one)
        with pytest.raises(LedgerError):
            await house.stop(one, 1000, 4000, transactionData=values)
        house.ledger.failing = False
        assert await house.start(0, 1000) == one
        await house.meter(600, 2500, one)
        await house.stop(one, 1000, 4000, transactionData=values)
        assert await house.energy_wh(one) == 3000
        assert await house.registers_wh(one) == [1000, 2000, 2500, 4000]


async def test_a_first_start_that_could_not_be_kept_is_answered_when_it_is_repeated() -> None:
    async with House() as house:
        house.ledger.failing = True
        with pytest.raises(LedgerError):
            await house.start(0, 1000)
        house.ledger.failing = False
        one = await house.start(0, 1000)
        assert (await house.session(one)).register_start_mwh == 1_000_000
        assert await house.registers_wh(one) == [1000]


async def test_a_session_long_out_of_memory_takes_its_stop() -> None:
    async with House() as house:
        one = await house.start(0, 0)
        for number in range(1, 230):
            await house.start(100 * number, 10 * number)
        assert house.station.transactions.find(str(one)) is None
        assert house.station.transactions.metered(str(one), ()) == (None, None)
        await house.meter(50, 5, one)
        assert await house.registers_wh(one) == [0, 5]
        await house.stop(one, 80, 8)
        session = await house.session(one)
        assert session.energy_mwh == 8000
        assert not session.flags & {SessionFlag.FORGOTTEN, SessionFlag.ORPHAN}


async def test_two_connectors_that_share_a_line_keep_their_sessions_apart() -> None:
    async with House(connectors=2) as house:
        one = await house.start(0, 1000, connector=1)
        two = await house.start(0, 1000, connector=2)
        assert one != two
        await house.meter(60, 1100, two, connector=2)
        await house.meter(60, 1200, one, connector=1)
        await house.meter(120, 9000, one, connector=2)
        await house.stop(two, 180, 1300)
        await house.stop(one, 180, 1400)
        assert await house.energy_wh(one) == 400
        assert await house.energy_wh(two) == 300
        assert house.count("transaction_of_other_connector") == 1
