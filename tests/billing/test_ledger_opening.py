"""Opening: sound files only, and never a fresh one in place of what was there."""

from pathlib import Path
from random import Random
import sqlite3

import pytest

from custom_components.chargestead.billing.ledger import Ledger, engine, soundness
from custom_components.chargestead.billing.ledger.database import open_database
from custom_components.chargestead.billing.ledger.engine import pragma
from custom_components.chargestead.billing.ledger.soundness import damage_of, set_aside
from custom_components.chargestead.model.errors import (
    LedgerDamagedError,
    LedgerError,
    LedgerFullError,
    LedgerTooNewError,
)

from .stories import (
    NOON,
    ManualClock,
    content_of,
    ended,
    keep,
    make_session,
    put,
    reading,
    tell_end,
    tell_start,
)

PAGE = 4096
ASIDE = "chargestead.db.damaged-20260301T120000Z"


@pytest.fixture
async def written(url: str, path: Path, clock: ManualClock) -> bytes:
    """Return the content of a properly closed ledger with sessions and readings in it."""
    ledger = await Ledger.open(url, clock=clock)
    for number in range(60):
        session = ended(make_session(number, station_id=f"CP-{number}"), 9000, 6_000_000)
        taken = [reading(60 * number + second, second, signed="OCMF") for second in range(20)]
        ledger.keep(tell_end(session, taken))
    await ledger.close()
    return content_of(path)


async def reopened(url: str, clock: ManualClock) -> int:
    """Return how many sessions a fresh opening finds."""
    ledger = await Ledger.open(url, clock=clock)
    count = await ledger.count_sessions()
    await ledger.close()
    return count


async def test_the_pragmas_are_really_set(ledger: Ledger) -> None:
    writer, reader = ledger._database.writer, ledger._database.reader
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "wal_autocheckpoint": 1000,
        "query_only": 0,
    }
    assert {name: pragma(writer, f"PRAGMA {name}")[0] for name in expected} == expected
    assert pragma(reader, "PRAGMA journal_mode") == ("wal",)
    assert pragma(reader, "PRAGMA query_only") == (1,)
    assert pragma(reader, "PRAGMA busy_timeout") == (10_000,)


async def test_a_reading_without_its_session_cannot_be(ledger: Ledger) -> None:
    connection = ledger._database.writer.raw_connection()
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.cursor().execute("INSERT INTO chargestead_readings VALUES (99, 0, 0, 0, NULL)")
    connection.close()


async def test_a_sound_file_is_opened_as_it_is(
    url: str, path: Path, clock: ManualClock, written: bytes
) -> None:
    assert damage_of(path) is None
    assert content_of(path) == written
    assert await reopened(url, clock) == 60


@pytest.mark.parametrize("size", [1, 99, PAGE, 200_000])
async def test_a_file_of_noise_is_set_aside_untouched_and_the_next_opening_begins_anew(
    url: str, path: Path, clock: ManualClock, size: int
) -> None:
    noise = Random(size).randbytes(size)
    put(path, noise)

    with pytest.raises(LedgerDamagedError) as caught:
        await Ledger.open(url, clock=clock)

    aside = path.with_name(ASIDE)
    assert caught.value.set_aside == str(aside)
    assert content_of(aside) == noise
    assert path not in list(path.parent.iterdir())
    assert str(aside) in str(caught.value)
    assert await reopened(url, clock) == 0
    assert content_of(aside) == noise


async def test_an_empty_file_is_not_taken_for_a_new_ledger(
    url: str, path: Path, clock: ManualClock
) -> None:
    put(path, b"")

    with pytest.raises(LedgerDamagedError, match="empty"):
        await Ledger.open(url, clock=clock)

    assert path.with_name(ASIDE).exists()


@pytest.mark.parametrize("empty", [True, False])
async def test_a_log_without_its_file_is_set_aside(
    url: str, path: Path, clock: ManualClock, *, empty: bool
) -> None:
    path.with_name(path.name + "-wal").write_bytes(b"log")
    if empty:
        put(path, b"")

    with pytest.raises(LedgerDamagedError, match="log"):
        await Ledger.open(url, clock=clock)

    assert path.with_name(ASIDE + "-wal").read_bytes() == b"log"
    assert not path.with_name(path.name + "-wal").exists()
    assert await reopened(url, clock) == 0


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.5, 0.75, 0.99])
async def test_a_truncated_file_is_set_aside(
    url: str, path: Path, clock: ManualClock, written: bytes, kept: float
) -> None:
    put(path, written[: int(len(written) * kept)])

    with pytest.raises(LedgerDamagedError):
        await Ledger.open(url, clock=clock)

    assert path.with_name(ASIDE).stat().st_size == int(len(written) * kept)


def test_every_single_page_that_is_overwritten_is_noticed(
    url: str, path: Path, written: bytes
) -> None:
    random = Random(7)
    pages = len(written) // PAGE
    assert pages > 20
    for number in range(pages):
        noise = random.randbytes(PAGE)
        put(path, written[: number * PAGE] + noise + written[(number + 1) * PAGE :])
        with pytest.raises(LedgerDamagedError) as caught:
            open_database(url, NOON)
        assert caught.value.set_aside is not None
        Path(caught.value.set_aside).unlink()


async def test_what_a_killed_process_left_in_the_log_is_set_aside_with_the_damaged_file(
    url: str, path: Path, clock: ManualClock, tmp_path: Path
) -> None:
    ledger = await Ledger.open(url, clock=clock)
    await ledger.checkpoint()
    await keep(ledger, tell_start(make_session()))
    log = path.with_name(path.name + "-wal").read_bytes()
    noise = Random(1).randbytes(3 * PAGE)
    other = tmp_path / "other"
    other.mkdir()
    damaged = other / path.name
    damaged.write_bytes(noise)
    damaged.with_name(path.name + "-wal").write_bytes(log)
    await ledger.close()

    with pytest.raises(LedgerDamagedError):
        await Ledger.open(f"sqlite:///{damaged}", clock=clock)

    assert damaged.with_name(ASIDE).read_bytes() == noise
    assert damaged.with_name(ASIDE + "-wal").read_bytes() == log


async def test_a_second_damaged_file_of_the_same_second_does_not_replace_the_first(
    url: str, path: Path, clock: ManualClock
) -> None:
    for number in range(3):
        put(path, b"noise" * (number + 1))
        with pytest.raises(LedgerDamagedError):
            await Ledger.open(url, clock=clock)

    names = sorted(item.name for item in path.parent.iterdir())
    assert names == [ASIDE, f"{ASIDE}-2", f"{ASIDE}-3"]


def test_a_damaged_file_that_cannot_be_moved_stays_and_is_told(
    url: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> Path:
        raise PermissionError

    put(path, b"noise")
    monkeypatch.setattr(Path, "rename", refuse)

    with pytest.raises(LedgerDamagedError) as caught:
        open_database(url, NOON)

    assert caught.value.set_aside is None
    assert content_of(path) == b"noise"
    assert set_aside(path, NOON) is None


def test_a_large_ledger_that_was_closed_properly_is_checked_but_for_its_readings(
    path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(path) as connection:
        roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master"))
    connection.close()

    def overwrite(name: str) -> None:
        start = (roots[name] - 1) * PAGE
        noise = Random(3).randbytes(PAGE)
        put(path, written[:start] + noise + written[start + PAGE :])

    overwrite("chargestead_readings")
    assert damage_of(path) is not None
    monkeypatch.setattr(soundness, "_WHOLE_UP_TO_BYTES", 1000)
    assert damage_of(path) is None

    overwrite("chargestead_sessions")
    assert damage_of(path) is not None
    overwrite("chargestead_registers")
    assert damage_of(path) is not None


async def test_a_large_ledger_that_was_not_closed_properly_is_checked_whole(
    url: str, path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    connect = sqlite3.connect

    def traced(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(soundness, "_WHOLE_UP_TO_BYTES", 1000)
    ledger = await Ledger.open(url, clock=clock)
    await keep(ledger, tell_start(make_session()))
    monkeypatch.setattr(sqlite3, "connect", traced)

    assert damage_of(path) is None
    assert "PRAGMA quick_check(1)" in statements
    await ledger.close()


async def test_a_ledger_of_a_later_version_is_left_alone(
    url: str, path: Path, clock: ManualClock, written: bytes
) -> None:
    del written
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE chargestead_schema SET version = 99")
    connection.close()

    with pytest.raises(LedgerTooNewError) as caught:
        await Ledger.open(url, clock=clock)

    assert caught.value.found == 99
    assert caught.value.known < 99
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/folder/chargestead.db",
        "sqlite:////dev/null/chargestead.db",
        "sqlite:////proc/chargestead.db",
        "sqlite:////",
        "sqlite://",
        "sqlite:///:memory:",
        "not a url",
        "oracle+nothing://house/ledger",
        "postgresql+nothing://house/ledger",
    ],
)
async def test_a_place_where_no_ledger_can_be_is_an_error_and_no_damage(
    url: str, clock: ManualClock
) -> None:
    with pytest.raises(LedgerError) as caught:
        await Ledger.open(url, clock=clock)

    assert not isinstance(caught.value, LedgerDamagedError | LedgerFullError | LedgerTooNewError)
    assert str(caught.value)


async def test_a_creation_that_was_cut_off_is_begun_anew(
    url: str, path: Path, clock: ManualClock
) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(b"half of it")
    path.with_name(path.name + ".new-wal").write_bytes(b"something")

    assert await reopened(url, clock) == 0
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("forbidden", ["unlink", "rename"])
def test_a_folder_where_nothing_can_be_renamed_is_an_error(
    url: str, path: Path, monkeypatch: pytest.MonkeyPatch, forbidden: str
) -> None:
    def refuse(_self: Path, *_arguments: object, **_options: object) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(Path, forbidden, refuse)

    with pytest.raises(LedgerError, match="not here"):
        open_database(url, NOON)

    assert path not in list(path.parent.iterdir())


def test_a_folder_in_place_of_the_file_is_an_error(url: str, path: Path) -> None:
    path.mkdir()

    with pytest.raises(LedgerError):
        open_database(url, NOON)

    assert path.is_dir()


async def test_a_disk_without_room_for_the_tables_is_a_full_disk(
    url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_PRAGMAS", (*engine._PRAGMAS, "PRAGMA max_page_count=2"))

    with pytest.raises(LedgerFullError):
        await Ledger.open(url, clock=clock)


async def test_a_ledger_locked_by_another_program_is_an_error_and_no_damage(
    url: str, path: Path, clock: ManualClock, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    del written
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(LedgerError, match="locked"):
        await Ledger.open(url, clock=clock)

    other.execute("ROLLBACK")
    other.close()
    assert await reopened(url, clock) == 60
