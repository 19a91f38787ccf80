"""A database that cannot take anything says so, loses nothing that was promised, and recovers by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
import logging
from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.exc import IntegrityError

from custom_components.chargestead.billing.ledger import Ledger, commits, engine as engine_module
from custom_components.chargestead.billing.ledger.engine import pragma
from custom_components.chargestead.model.errors import (
    LedgerDamagedError,
    LedgerError,
    LedgerFullError,
)
from custom_components.chargestead.model.session import Session

from .stories import (
    ManualClock,
    busy_writer,
    ended,
    keep,
    make_session,
    metered,
    reading,
    size_of,
    tell_end,
    tell_start,
    tell_update,
)

LONG = "OCMF|" + "x" * 9000
PLENTY = 2**30


async def settled(ledger: Ledger) -> None:
    """Wait until the thread has done all that it was given."""
    await ledger._writer.perform(lambda: None)


def fill(ledger: Ledger) -> None:
    """Leave the database no page to grow by; SQLite then fails as on a full disk."""
    engine = ledger._database.writer
    pragma(engine, f"PRAGMA max_page_count={pragma(engine, 'PRAGMA page_count')[0]}")


def make_room(ledger: Ledger) -> None:
    """Let the database grow again."""
    pragma(ledger._database.writer, f"PRAGMA max_page_count={PLENTY}")


class Ear:
    """Hears what the ledger says about itself."""

    def __init__(self, ledger: Ledger) -> None:
        """Listen from here on."""
        self.heard: list[LedgerError | str] = []
        ledger.on_error = self.heard.append
        ledger.on_recovered = lambda: self.heard.append("recovered")


@pytest.fixture
async def running(ledger: Ledger) -> AsyncIterator[Session]:
    """Return a session that is kept before anything goes wrong."""
    session = make_session()
    await keep(ledger, tell_start(session))
    yield session
    make_room(ledger)


async def test_a_full_disk_is_told_to_whoever_waits_and_then_gets_over_it(
    ledger: Ledger, running: Session
) -> None:
    ear = Ear(ledger)
    fill(ledger)
    long_one = tell_update(metered(running, 90, 1), [reading(90, 1, signed=LONG)])

    with pytest.raises(LedgerFullError):
        await keep(ledger, long_one)

    assert not ledger.healthy
    assert isinstance(ledger.last_error, LedgerFullError)
    assert [type(item) for item in ear.heard] == [LedgerFullError]

    make_room(ledger)
    other = make_session(2)
    await keep(ledger, tell_start(other))

    assert ledger.healthy
    assert ear.heard[1:] == ["recovered"]
    assert [item.id for item in await ledger.sessions()] == [other.id, running.id]


async def test_what_could_not_be_kept_is_kept_later_without_anybody_repeating_it(
    ledger: Ledger, running: Session, clock: ManualClock
) -> None:
    ear = Ear(ledger)
    fill(ledger)
    started = make_session(2)
    events = [
        tell_update(metered(running, 90, 1), [reading(90, 1, signed=LONG)]),
        tell_start(started),
        tell_end(ended(running, 300, 2), [reading(300, 2)]),
    ]
    async with busy_writer(ledger):
        kept = [keep(ledger, item) for item in events]
    outcomes = await asyncio.gather(*kept, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LedgerFullError] * 3
    assert ledger.diagnostics()["owed"] == 3

    make_room(ledger)
    clock.advance(30)
    await settled(ledger)

    assert ledger.healthy
    assert ear.heard[1:] == ["recovered"]
    assert await ledger.sessions() == [started, ended(running, 300, 2)]
    assert await ledger.readings(running.id) == [reading(90, 1, signed=LONG), reading(300, 2)]
    assert ledger.diagnostics()["owed"] == 0
    assert clock.waiting == 0


async def test_while_the_disk_stays_full_it_is_tried_again_but_told_only_once(
    ledger: Ledger, running: Session, clock: ManualClock
) -> None:
    ear = Ear(ledger)
    fill(ledger)
    event = tell_update(metered(running, 90, 1), [reading(90, 1, signed=LONG)])
    for _ in range(3):
        with pytest.raises(LedgerFullError):
            await keep(ledger, event)
        assert clock.waiting == 1
        clock.advance(30)
        await settled(ledger)

    assert not ledger.healthy
    assert len(ear.heard) == 1
    assert ledger.diagnostics()["failed"] == 3


async def test_a_small_event_that_fits_does_not_hide_that_others_are_owed(
    ledger: Ledger, running: Session
) -> None:
    ear = Ear(ledger)
    fill(ledger)
    with pytest.raises(LedgerFullError):
        await keep(ledger, tell_update(running, [reading(90, 1, signed=LONG)]))

    await keep(ledger, tell_update(metered(running, 91, 7)))

    assert not ledger.healthy
    assert len(ear.heard) == 1
    found = await ledger.session(running.id)
    assert found is not None
    assert found.register_last_mwh == 7


async def test_what_is_owed_is_bounded_and_the_loss_is_counted(
    ledger: Ledger, running: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "MAX_OWED", 3)
    fill(ledger)
    for second in range(61, 66):
        with pytest.raises(LedgerFullError):
            await keep(ledger, tell_update(running, [reading(second, 1, signed=LONG)]))
    assert ledger.diagnostics()["owed"] == 3
    assert ledger.diagnostics()["dropped"] == 2

    make_room(ledger)
    await keep(ledger, tell_update(running))

    assert [item.at.second for item in await ledger.readings(running.id)] == [3, 4, 5]


async def test_an_owed_event_that_turns_out_bad_does_not_hold_up_the_others(
    ledger: Ledger, running: Session
) -> None:
    fill(ledger)
    good = [tell_update(running, [reading(second, 1, signed=LONG)]) for second in (61, 62)]
    for event in good:
        with pytest.raises(LedgerFullError):
            await keep(ledger, event)
    bad = tell_update(running, [reading(63, 2**63)])
    ledger._committer._owed.insert(1, bad)

    make_room(ledger)
    await keep(ledger, tell_update(running))

    assert [item.at.second for item in await ledger.readings(running.id)] == [1, 2]
    assert ledger.diagnostics()["refused"] == 1
    assert ledger.diagnostics()["owed"] == 0


async def test_closing_on_a_full_disk_ends_and_says_what_is_lost(
    ledger: Ledger, running: Session, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    fill(ledger)
    with pytest.raises(LedgerFullError):
        await keep(ledger, tell_update(running, [reading(90, 1, signed=LONG)]))

    await ledger.close()

    assert "could not keep 1 events" in caplog.text
    assert clock.waiting == 0


async def test_a_session_that_could_not_be_kept_can_simply_be_told_again(
    ledger: Ledger, running: Session
) -> None:
    del running
    fill(ledger)
    start = tell_update(make_session(2), [reading(120, 1, signed=LONG)])
    with pytest.raises(LedgerFullError):
        await keep(ledger, start)

    make_room(ledger)
    await keep(ledger, start)

    assert await ledger.count_sessions() == 2
    assert len(await ledger.readings("session-2")) == 1


async def test_a_database_locked_by_another_program_fails_and_recovers(
    url: str, path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_S", 0.05)
    ledger = await Ledger.open(url, clock=clock)
    ear = Ear(ledger)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked"):
            await keep(ledger, tell_start(make_session()))
        clock.advance(30)
        await settled(ledger)
        other.execute("ROLLBACK")
    assert [type(item) for item in ear.heard] == [LedgerError]

    clock.advance(30)
    await settled(ledger)

    assert ear.heard[1:] == ["recovered"]
    assert await ledger.sessions() == [make_session()]
    await ledger.close()


async def test_with_nothing_owed_a_trifle_is_written_to_see_whether_it_works_again(
    url: str, path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(commits, "MAX_OWED", 0)
    ledger = await Ledger.open(url, clock=clock)
    ear = Ear(ledger)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked"):
            await keep(ledger, tell_start(make_session()))
        clock.advance(30)
        await settled(ledger)
        assert not ledger.healthy
        other.execute("ROLLBACK")

    clock.advance(30)
    await settled(ledger)

    assert ear.heard[1:] == ["recovered"]
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT touched_at FROM chargestead_schema").fetchone() == (
            int(clock.now().timestamp()) * 1_000_000,
        )
    await ledger.close()


async def test_damage_found_while_running_is_told_as_damage(
    ledger: Ledger, running: Session, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await ledger.checkpoint()
    ear = Ear(ledger)
    size = size_of(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x99" * (size - 4096))
    for engine in (ledger._database.writer, ledger._database.reader):
        pragma(engine, "PRAGMA shrink_memory")

    caplog.set_level(logging.CRITICAL)
    with pytest.raises(LedgerDamagedError):
        await keep(ledger, tell_start(make_session(2)))
    with pytest.raises(LedgerDamagedError):
        await ledger.session(running.id)

    assert [type(item) for item in ear.heard] == [LedgerDamagedError]
    assert not ledger.healthy


async def test_a_new_kind_of_failure_is_told_too(
    url: str, path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_S", 0.05)
    ledger = await Ledger.open(url, clock=clock)
    ear = Ear(ledger)
    fill(ledger)
    event = tell_update(make_session(), [reading(90, 1, signed=LONG)])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        with pytest.raises(LedgerFullError):
            await keep(ledger, event)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked"):
            await keep(ledger, event)
        other.execute("ROLLBACK")

    assert [type(item) for item in ear.heard] == [LedgerFullError, LedgerError]
    make_room(ledger)
    await ledger.close()
    assert ear.heard[2:] == ["recovered"]


async def test_nobody_has_to_listen(ledger: Ledger, running: Session) -> None:
    assert ledger.on_error is None
    assert ledger.on_recovered is None
    fill(ledger)
    with pytest.raises(LedgerFullError):
        await keep(ledger, tell_update(running, [reading(90, 1, signed=LONG)]))
    make_room(ledger)
    await keep(ledger, tell_update(running))

    assert ledger.healthy


async def test_a_broken_rule_of_the_database_is_refused_and_not_repeated(
    ledger: Ledger, running: Session
) -> None:
    def refuse(_connection: object) -> None:
        raise IntegrityError("INSERT", {}, sqlite3.IntegrityError("a rule is broken"))

    sqlalchemy_event.listen(ledger._database.writer, "commit", refuse)
    with pytest.raises(LedgerError, match="a rule is broken"):
        await keep(ledger, tell_update(running))
    sqlalchemy_event.remove(ledger._database.writer, "commit", refuse)

    assert ledger.healthy
    assert ledger.diagnostics()["owed"] == 0
