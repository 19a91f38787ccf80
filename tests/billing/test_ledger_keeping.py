"""What is kept comes back as it was."""

import asyncio
from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest

from custom_components.chargestead.billing.ledger import Ledger, SessionFilter
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.events import Event, StationConnected
from custom_components.chargestead.model.reading import ReadingContext
from custom_components.chargestead.model.session import Session, SessionFlag

from .stories import (
    NOON,
    STATION,
    ManualClock,
    after,
    busy_writer,
    ended,
    keep as queue,
    make_session,
    metered,
    reading,
    tell_end,
    tell_register,
    tell_start,
    tell_update,
)

FULL_SESSION = Session(
    id="a" * 32,
    station_id="Räume/1 ✓",
    connector_id=2,
    transaction_id="tx-é-1",
    started_at=NOON.replace(microsecond=123_457),
    id_token="Ünïcode",
    register_start_mwh=-3,
    register_last_mwh=2**62,
    register_last_at=after(1.000001),
    ended_at=after(2.999999),
    register_stop_mwh=2**62,
    stop_reason="EVDisconnected",
    stop_id_token="04A2B3",
    remote_start_id=2**31,
    flags=frozenset(SessionFlag),
)


async def keep(ledger: Ledger, *events: Event) -> None:
    """Keep events and wait until they are, one by one."""
    for event in events:
        await queue(ledger, event)


@pytest.mark.parametrize("session", [make_session(), FULL_SESSION])
async def test_a_session_comes_back_in_every_field(ledger: Ledger, session: Session) -> None:
    await keep(ledger, tell_start(session))

    assert await ledger.session(session.id) == session
    assert await ledger.sessions() == [session]


async def test_what_was_handed_over_is_read_however_long_writing_takes(ledger: Ledger) -> None:
    for number in range(200):
        session = make_session(id=f"{number:032}", transaction_id=str(number))
        queue(ledger, tell_start(session))
        assert await ledger.session(session.id) == session


async def test_what_was_handed_over_is_read_although_whoever_waited_for_it_gave_up(
    ledger: Ledger,
) -> None:
    session = make_session()
    async with busy_writer(ledger):
        queue(ledger, tell_start(session)).cancel()
        reading_it = asyncio.create_task(ledger.session(session.id))
        await asyncio.sleep(0)
        # Whatever the reading thread was given before this is over after it.
        await asyncio.get_running_loop().run_in_executor(ledger._executor, bool)
        assert not reading_it.done()
    assert await reading_it == session


async def test_a_session_survives_closing_and_opening(
    url: str, clock: ManualClock, ledger: Ledger
) -> None:
    await keep(ledger, tell_end(FULL_SESSION, [reading(1, 7)]))
    await ledger.close()

    again = await Ledger.open(url, clock=clock)

    assert await again.session(FULL_SESSION.id) == FULL_SESSION
    assert await again.readings(FULL_SESSION.id) == [reading(1, 7)]
    await again.close()


async def test_readings_come_back_in_order_of_time_with_context_and_signature(
    ledger: Ledger,
) -> None:
    session = make_session()
    taken = [
        reading(60 + number, 5_000_000 + number, context, "OCMF|{}|{}" if number % 2 else None)
        for number, context in enumerate(ReadingContext)
    ]
    await keep(ledger, tell_update(session, taken[::-1]))

    assert await ledger.readings(session.id) == taken
    assert await ledger.readings("another") == []


async def test_readings_of_one_moment_are_told_apart_by_their_context(ledger: Ledger) -> None:
    session = make_session()
    taken = [
        reading(60, 5_000_000, ReadingContext.BEGIN),
        reading(60, 5_000_001, ReadingContext.ALIGNED),
    ]
    await keep(ledger, tell_update(session, taken), tell_update(session, taken))

    assert await ledger.readings(session.id) == taken


async def test_of_two_readings_of_one_moment_and_context_the_greater_one_holds(
    ledger: Ledger,
) -> None:
    session = make_session()
    low, high = reading(70, 5_000_001), reading(70, 5_000_002, signed="OCMF|1")
    await keep(ledger, tell_update(session, [low]), tell_update(session, [high]))
    await keep(ledger, tell_update(session, [low]))

    assert await ledger.readings(session.id) == [high]


async def test_events_that_cost_nothing_are_not_kept(ledger: Ledger) -> None:
    assert ledger.keep(StationConnected(station_id=STATION, at=NOON)) is None
    assert ledger.queued == 0


async def test_an_update_alone_makes_a_session(ledger: Ledger) -> None:
    session = metered(make_session(), 90, 5_000_900)
    await keep(ledger, tell_update(session))

    assert await ledger.session(session.id) == session


async def test_an_update_that_comes_after_the_end_does_not_reopen_the_session(
    ledger: Ledger,
) -> None:
    session = make_session()
    end = ended(session, 300, 5_700_000)
    late = reading(90, 5_000_900)
    await keep(ledger, tell_start(session), tell_end(end))
    await keep(ledger, tell_update(metered(session, 90, 5_000_900), [late]), tell_start(session))

    assert await ledger.session(session.id) == end
    assert await ledger.readings(session.id) == [late]
    assert await ledger.open_sessions(STATION) == []


async def test_what_billing_noted_beside_a_session_stays_when_the_session_goes_on(
    ledger: Ledger, path: Path
) -> None:
    session = make_session()
    await keep(ledger, tell_start(session))
    noted = ("anna", "car", "home", 7, 8)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE chargestead_sessions SET driver_id=?, vehicle_id=?, tariff_id=?,"
            " price_snapshot_id=?, statement_id=?",
            noted,
        )
    connection.close()

    await keep(ledger, tell_update(metered(session, 90, 5_000_900)))
    await keep(ledger, tell_end(ended(session, 300, 5_700_000)))

    connection = sqlite3.connect(path)
    row = connection.execute(
        "SELECT driver_id, vehicle_id, tariff_id, price_snapshot_id, statement_id, ended_at"
        " FROM chargestead_sessions"
    ).fetchone()
    connection.close()
    assert row[:5] == noted
    assert row[5] is not None


async def test_a_flag_of_a_later_version_does_not_make_a_session_unreadable(
    ledger: Ledger, path: Path
) -> None:
    session = make_session(flags=frozenset({SessionFlag.GAP}))
    await keep(ledger, tell_start(session))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE chargestead_sessions SET flags = 'gap,levitating'")
    connection.close()

    assert await ledger.session(session.id) == session


async def test_a_transaction_id_finds_its_newest_session_but_never_an_orphan(
    ledger: Ledger,
) -> None:
    older = make_session(1, transaction_id="7")
    newer = make_session(2, transaction_id="7")
    orphan = make_session(3, transaction_id="7", flags=frozenset({SessionFlag.ORPHAN}))
    elsewhere = make_session(4, transaction_id="7", station_id="CP-2")
    await keep(ledger, *(tell_start(item) for item in (newer, older, orphan, elsewhere)))

    assert await ledger.find_session(STATION, "7") == newer
    assert await ledger.find_session("CP-2", "7") == elsewhere
    assert await ledger.find_session(STATION, "8") is None
    assert await ledger.find_session("cp-2", "7") is None


async def test_no_flag_is_part_of_another() -> None:
    names = [str(flag) for flag in SessionFlag]
    assert not [(one, other) for one in names for other in names if one != other and one in other]


async def test_recent_sessions_are_the_newest_and_every_open_one(ledger: Ledger) -> None:
    forgotten = make_session(1)
    done = [ended(make_session(number), 60 * number + 30, 6_000_000) for number in range(2, 8)]
    running = make_session(9)
    other = make_session(10, station_id="CP-2")
    for item in (forgotten, *done, running, other):
        await keep(ledger, tell_end(item))

    assert await ledger.recent_sessions(STATION, limit=3) == [running, done[5], done[4], forgotten]
    assert await ledger.recent_sessions(STATION) == [running, *reversed(done), forgotten]
    assert await ledger.open_sessions(STATION) == [running, forgotten]
    assert await ledger.open_sessions("CP-3") == []


@pytest.mark.parametrize(
    ("transaction_id", "flags", "expected"),
    [
        ("1", (), 1),
        ("2147483647", (), 2**31 - 1),
        ("2147483648", (), 0),
        ("99999999999999999999", (), 0),
        ("007", (), 0),
        ("0", (), 0),
        ("-16", (), 0),
        ("1.5", (), 0),
        ("٣", (), 0),
        ("", (), 0),
        ("b7c1", (), 0),
        ("12", (SessionFlag.OFFLINE,), 12),
        ("12", (SessionFlag.ORPHAN,), 0),
        ("12", (SessionFlag.RECONSTRUCTED,), 0),
    ],
)
async def test_only_numbers_we_gave_out_count_as_the_last_transaction_id(
    ledger: Ledger, transaction_id: str, flags: tuple[SessionFlag, ...], expected: int
) -> None:
    assert await ledger.last_transaction_id() == 0

    session = make_session(transaction_id=transaction_id, flags=frozenset(flags))
    await keep(ledger, tell_start(session))

    assert await ledger.last_transaction_id() == expected


async def test_the_last_transaction_id_is_the_largest_of_all_stations(ledger: Ledger) -> None:
    numbers = [9, 1000, 77]
    for number in numbers:
        session = make_session(number, transaction_id=str(number), station_id=f"CP-{number}")
        await keep(ledger, tell_start(session))

    assert await ledger.last_transaction_id() == 1000


async def test_registers_only_move_forward_in_time(ledger: Ledger) -> None:
    await keep(ledger, tell_register(reading(100, 900)), tell_register(reading(50, 950)))
    assert await ledger.registers(STATION) == {1: (900, after(100))}

    await keep(ledger, tell_register(reading(100, 901)), tell_register(reading(100, 900)))
    assert await ledger.registers(STATION) == {1: (901, after(100))}

    await keep(ledger, tell_register(reading(200, 5)), tell_register(reading(10, 6), 2))
    assert await ledger.registers(STATION) == {1: (5, after(200)), 2: (6, after(10))}
    assert await ledger.registers("CP-2") == {}


async def test_sessions_and_their_readings_move_the_register(ledger: Ledger) -> None:
    session = make_session()
    await keep(ledger, tell_start(session))
    assert await ledger.registers(STATION) == {}

    await keep(ledger, tell_update(session, [reading(80, 5_000_800), reading(70, 5_000_700)]))
    assert await ledger.registers(STATION) == {1: (5_000_800, after(80))}

    await keep(ledger, tell_end(ended(session, 90, 5_000_900)))
    assert await ledger.registers(STATION) == {1: (5_000_900, after(90))}


async def test_an_orphan_whose_connector_nobody_knows_moves_no_register(ledger: Ledger) -> None:
    orphan = ended(make_session(connector_id=0, flags=frozenset({SessionFlag.ORPHAN})), 90, 9)
    await keep(ledger, tell_end(orphan, [reading(80, 8)]))

    assert await ledger.registers(STATION) == {}
    assert await ledger.readings(orphan.id) == [reading(80, 8)]


STORY = [
    make_session(1),
    ended(make_session(2, connector_id=2, id_token=None), 200, 6_000_000),
    ended(make_session(3, station_id="CP-2"), 400, 6_000_000),
    ended(make_session(4, flags=frozenset({SessionFlag.OFFLINE, SessionFlag.GAP})), 500, 6_000_000),
]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (SessionFilter(), [4, 3, 2, 1]),
        (SessionFilter(station_id=STATION), [4, 2, 1]),
        (SessionFilter(connector_id=2), [2]),
        (SessionFilter(id_token="04A2B3"), [4, 3, 1]),
        (SessionFilter(started_from=after(120)), [4, 3, 2]),
        (SessionFilter(started_before=after(120)), [1]),
        (SessionFilter(started_from=after(120), started_before=after(240)), [3, 2]),
        (SessionFilter(ended_from=after(400)), [4, 3]),
        (SessionFilter(ended_before=after(400)), [2]),
        (SessionFilter(is_open=True), [1]),
        (SessionFilter(is_open=False), [4, 3, 2]),
        (SessionFilter(flag=SessionFlag.GAP), [4]),
        (SessionFilter(flag=SessionFlag.ORPHAN), []),
        (SessionFilter(station_id="CP-2", connector_id=2), []),
    ],
)
async def test_a_filter_finds_what_it_says(
    ledger: Ledger, wanted: SessionFilter, expected: list[int]
) -> None:
    await keep(ledger, *(tell_end(item) for item in STORY))

    found = await ledger.sessions(wanted)

    assert [item.id for item in found] == [f"session-{number}" for number in expected]
    assert await ledger.count_sessions(wanted) == len(expected)


async def test_pages_together_are_the_whole(ledger: Ledger) -> None:
    same_moment = [replace(item, started_at=NOON) for item in map(make_session, range(10))]
    await keep(ledger, *(tell_start(item) for item in same_moment))

    pages = [await ledger.sessions(limit=4, offset=offset) for offset in range(0, 12, 4)]

    assert [len(page) for page in pages] == [4, 4, 2]
    assert [item for page in pages for item in page] == await ledger.sessions()
    assert await ledger.sessions(offset=7) == (await ledger.sessions())[7:]


async def test_a_closed_ledger_says_so(ledger: Ledger) -> None:
    await ledger.close()
    await ledger.close()

    with pytest.raises(LedgerError, match="closed"):
        await ledger.sessions()
    with pytest.raises(LedgerError, match="closed"):
        await ledger.checkpoint()
    kept = ledger.keep(tell_start(make_session()))
    assert kept is not None
    with pytest.raises(LedgerError, match="closed"):
        await kept
