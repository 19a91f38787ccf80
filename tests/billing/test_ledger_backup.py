"""A copy of the files, made whenever, is a whole ledger."""

from contextlib import closing
from pathlib import Path
from random import Random
import shutil
import sqlite3

import pytest

from custom_components.chargestead.billing.ledger import Ledger, engine
from custom_components.chargestead.billing.ledger.soundness import damage_of
from custom_components.chargestead.model.errors import LedgerError

from .stories import (
    ManualClock,
    content_of,
    keep,
    make_session,
    metered,
    reading,
    size_of,
    tell_start,
    tell_update,
)


def log_of(path: Path) -> Path:
    """Return the write-ahead log of a file."""
    return path.with_name(path.name + "-wal")


async def write_much(ledger: Ledger, first: int, count: int) -> None:
    """Keep more than the log takes before it is moved into the file by itself."""
    session = make_session()
    for second in range(first, first + count):
        kept = keep(
            ledger,
            tell_update(
                metered(session, second, second), [reading(second, second, signed="x" * 3000)]
            ),
        )
    await kept


async def test_a_checkpoint_puts_everything_into_the_file(
    ledger: Ledger, path: Path, tmp_path: Path
) -> None:
    await keep(ledger, tell_start(make_session()))
    await ledger.checkpoint()

    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM chargestead_sessions").fetchone() == (1,)
    assert log_of(path).stat().st_size == 0


async def test_a_held_file_does_not_change_though_events_are_kept(
    ledger: Ledger, path: Path
) -> None:
    await keep(ledger, tell_start(make_session()))
    await ledger.hold()
    before = content_of(path)

    await write_much(ledger, 61, 1500)
    await ledger.checkpoint()

    assert content_of(path) == before
    assert len(await ledger.readings("session-1")) == 1500
    assert log_of(path).stat().st_size > 1100 * 4096

    await ledger.release()
    await ledger.checkpoint()
    assert content_of(path) != before
    assert log_of(path).stat().st_size == 0


async def test_after_the_release_the_log_is_moved_into_the_file_by_itself_again(
    ledger: Ledger, path: Path
) -> None:
    await ledger.hold()
    await ledger.release()
    before = size_of(path)

    await write_much(ledger, 61, 1500)

    assert size_of(path) > before


async def test_a_copy_of_a_held_ledger_with_a_torn_log_is_sound_and_has_all_up_to_there(
    ledger: Ledger, path: Path, tmp_path: Path, clock: ManualClock
) -> None:
    await write_much(ledger, 61, 20)
    await ledger.hold()
    held = content_of(path)
    for second in range(100, 140):
        await keep(ledger, tell_update(make_session(), [reading(second, second)]))
    log = log_of(path).read_bytes()
    random = Random(11)
    counts = []
    for cut in sorted(random.randrange(len(log)) for _ in range(12)):
        copy = tmp_path / f"copy-{cut}.db"
        copy.write_bytes(held)
        log_of(copy).write_bytes(log[:cut])

        assert damage_of(copy) is None
        restored = await Ledger.open(f"sqlite:///{copy}", clock=clock)
        counts.append(len(await restored.readings("session-1")))
        await restored.close()

    assert counts == sorted(counts)
    assert counts[0] >= 20
    assert counts[-1] > counts[0]
    await ledger.release()


async def test_a_checkpoint_that_a_reader_is_in_the_way_of_says_so(
    url: str, path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.05)
    ledger = await Ledger.open(url, clock=clock)
    await keep(ledger, tell_start(make_session()))
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM chargestead_sessions").fetchall()
        await keep(ledger, tell_start(make_session(2)))

        with pytest.raises(LedgerError, match="in use"):
            await ledger.checkpoint()
        with pytest.raises(LedgerError, match="in use"):
            await ledger.hold()
        assert ledger.healthy
        await keep(ledger, tell_start(make_session(3)))

    await ledger.hold()
    await ledger.close()


async def test_closing_with_a_reader_in_the_way_leaves_the_log_and_loses_nothing(
    url: str,
    path: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.05)
    ledger = await Ledger.open(url, clock=clock)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM chargestead_sessions").fetchall()
        kept = keep(ledger, tell_start(make_session()))
        await ledger.close()
        assert kept.done()
        assert "stays as it is" in caplog.text

    again = await Ledger.open(url, clock=clock)
    assert await again.sessions() == [make_session()]
    await again.close()
