"""Events are committed in groups, and said to be kept only then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import logging
from pathlib import Path
import sqlite3
import threading

import pytest
from sqlalchemy import Engine, event as sqlalchemy_event

from custom_components.chargestead.billing.ledger import Ledger, commits, writer
from custom_components.chargestead.billing.ledger.database import open_database
from custom_components.chargestead.billing.ledger.writer import Kept
from custom_components.chargestead.model.errors import LedgerError

from .stories import (
    NOON,
    STATION,
    ManualClock,
    after,
    busy_writer,
    ended,
    keep,
    make_session,
    metered,
    reading,
    tell_end,
    tell_register,
    tell_start,
    tell_update,
)


def count_commits(engine: Engine, at_commit: Callable[[], None] = lambda: None) -> list[int]:
    """Return a list that grows by one with each commit."""
    commits_seen: list[int] = []

    def on_commit(_connection: object) -> None:
        at_commit()
        commits_seen.append(1)

    sqlalchemy_event.listen(engine, "commit", on_commit)
    return commits_seen


async def test_all_that_is_queued_is_one_commit_and_one_call_into_the_loop(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    loop = asyncio.get_running_loop()
    call_soon = loop.call_soon_threadsafe

    def counted(callback: Callable[..., object], *arguments: object) -> asyncio.Handle:
        calls.append(callback)
        return call_soon(callback, *arguments)

    commits_seen = count_commits(ledger._database.writer)
    async with busy_writer(ledger):
        futures = [keep(ledger, tell_start(make_session(number))) for number in range(500)]
        assert ledger.queued == 500
        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    await asyncio.gather(*futures)
    monkeypatch.undo()

    assert len(commits_seen) == 1
    assert calls.count(ledger._writer._settle) == 2
    assert ledger.diagnostics()["largest_commit"] == 500
    assert ledger.queued == 0
    assert await ledger.count_sessions() == 500


async def test_nothing_is_said_to_be_kept_before_the_commit(ledger: Ledger) -> None:
    futures: list[Kept] = []
    early: list[bool] = []
    count_commits(
        ledger._database.writer, lambda: early.append(any(kept.done() for kept in futures))
    )
    async with busy_writer(ledger):
        futures += [keep(ledger, tell_start(make_session(number))) for number in range(5)]
    await asyncio.gather(*futures)

    assert early == [False]


async def test_what_is_said_to_be_kept_is_seen_by_everybody(ledger: Ledger, path: Path) -> None:
    await keep(ledger, tell_start(make_session()))

    connection = sqlite3.connect(path)
    found = connection.execute("SELECT uid FROM chargestead_sessions").fetchall()
    connection.close()
    assert found == [("session-1",)]


async def test_a_bad_event_fails_alone(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    good = [make_session(number) for number in range(4)]
    too_large = make_session(9, register_start_mwh=2**63)
    without_zone = make_session(10, started_at=NOON.replace(tzinfo=None))
    half_a_character = make_session(11, id_token="\ud800")
    async with busy_writer(ledger):
        kept = [keep(ledger, tell_start(item)) for item in good[:2]]
        bad = [
            keep(ledger, tell_start(item)) for item in (too_large, without_zone, half_a_character)
        ]
        kept += [keep(ledger, tell_start(item)) for item in good[2:]]
    await asyncio.gather(*kept)
    outcomes = await asyncio.gather(*bad, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [LedgerError] * 3
    assert [item.id for item in await ledger.sessions()] == [item.id for item in reversed(good)]
    assert ledger.healthy
    assert isinstance(ledger.last_error, LedgerError)
    assert ledger.diagnostics()["refused"] == 3
    warnings = [entry for entry in caplog.records if entry.levelno == logging.WARNING]
    assert len(warnings) == 1


async def test_a_bad_reading_leaves_nothing_of_its_event(ledger: Ledger) -> None:
    session = make_session()
    event = tell_update(metered(session, 90, 1), [reading(80, 1), reading(90, 2**63)])

    with pytest.raises(LedgerError):
        await keep(ledger, event)

    assert await ledger.sessions() == []
    assert await ledger.registers(STATION) == {}


async def test_a_future_that_was_given_up_does_not_disturb_the_others(ledger: Ledger) -> None:
    async with busy_writer(ledger):
        given_up = keep(ledger, tell_start(make_session(1)))
        other = keep(ledger, tell_start(make_session(2)))
        given_up.cancel()
    await other

    assert await ledger.count_sessions() == 2


async def test_closing_writes_what_is_queued(ledger: Ledger, path: Path) -> None:
    async with busy_writer(ledger):
        futures = [keep(ledger, tell_start(make_session(number))) for number in range(3000)]
        closing = asyncio.create_task(ledger.close())
        await asyncio.sleep(0)
        late = keep(ledger, tell_start(make_session(9999)))
    await closing

    assert all(kept.done() and kept.exception() is None for kept in futures)
    with pytest.raises(LedgerError, match="closed"):
        await late
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM chargestead_sessions").fetchone() == (3000,)
    connection.close()


async def test_closing_leaves_one_file_and_no_thread(ledger: Ledger, path: Path) -> None:
    await keep(ledger, tell_start(make_session()))
    assert any(thread.name.startswith("chargestead-ledger") for thread in threading.enumerate())

    await ledger.close()

    assert [item.name for item in path.parent.iterdir()] == [path.name]
    assert not any(thread.name.startswith("chargestead-ledger") for thread in threading.enumerate())


async def test_closing_goes_on_when_whoever_asked_for_it_gives_up(ledger: Ledger) -> None:
    async with busy_writer(ledger):
        kept = keep(ledger, tell_start(make_session()))
        closing = asyncio.create_task(ledger.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
    await ledger.close()

    assert kept.done()
    assert kept.exception() is None


async def test_an_endless_queue_is_turned_away(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_QUEUED", 3)
    async with busy_writer(ledger):
        kept = [keep(ledger, tell_register(reading(number, number))) for number in range(3)]
        too_much = keep(ledger, tell_register(reading(4, 4)))
        with pytest.raises(LedgerError, match="too much"):
            await too_much
    await asyncio.gather(*kept)

    assert ledger.diagnostics()["turned_away"] == 1
    assert await ledger.registers(STATION) == {1: (2, after(2))}


async def test_a_large_queue_is_cut_into_transactions(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_BATCH", 10)
    async with busy_writer(ledger):
        kept = [keep(ledger, tell_start(make_session(number))) for number in range(25)]
    await asyncio.gather(*kept)

    assert ledger.diagnostics()["largest_commit"] == 10
    assert await ledger.count_sessions() == 25


async def test_many_sessions_in_one_commit_are_found_and_updated_in_one_go(
    ledger: Ledger,
) -> None:
    sessions = [make_session(number, station_id=f"CP-{number}") for number in range(1100)]
    for told in (sessions, [ended(item, 90_000, 9) for item in sessions]):
        async with busy_writer(ledger):
            kept = [keep(ledger, tell_end(item)) for item in told]
        await asyncio.gather(*kept)

    assert ledger.diagnostics()["commits"] == 2
    assert await ledger.sessions() == [ended(item, 90_000, 9) for item in reversed(sessions)]
    assert await ledger.registers("CP-1099") == {1: (9, after(90_000))}


async def test_reading_goes_on_while_events_are_written(ledger: Ledger) -> None:
    session = make_session()
    await keep(ledger, tell_start(session))
    last = keep(ledger, tell_start(session))
    for second in range(61, 1500):
        last = keep(
            ledger, tell_update(metered(session, second, second), [reading(second, second)])
        )
    seen = [0]
    while not last.done():
        found = await ledger.session(session.id)
        assert found is not None
        taken = await ledger.readings(session.id)
        assert [item.register_mwh for item in taken] == list(range(61, 61 + len(taken)))
        seen.append(len(taken))
    await last

    assert seen == sorted(seen)
    assert len(await ledger.readings(session.id)) == 1439


def test_a_loop_that_is_gone_does_not_end_the_thread_in_an_error(
    url: str, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> writer.Writer:
        database = open_database(url, NOON)
        database.reader.dispose()
        left = writer.Writer(commits.Committer(database.writer), clock)
        async with busy_writer_of(left):
            left.keep(tell_start(make_session()))
            left.finish()
        return left

    asyncio.run(leave()).join()

    assert "Nobody is left" in caplog.text
    database = open_database(url, NOON)
    with database.reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM chargestead_sessions").scalar() == 1
    database.reader.dispose()
    database.writer.dispose()


@asynccontextmanager
async def busy_writer_of(left: writer.Writer) -> AsyncIterator[None]:
    """Keep a thread busy until the loop that started it is about to end."""
    go_on = threading.Event()
    left.perform(lambda: (go_on.wait(10), None)[1])
    yield
    asyncio.get_running_loop().call_soon(lambda: threading.Timer(0.2, go_on.set).start())
