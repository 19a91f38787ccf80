"""Killing the process at any moment loses nothing that was said to be kept."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
import os
from pathlib import Path
from random import Random, SystemRandom
import signal
import subprocess
import sys
import time

import pytest

from custom_components.chargestead.billing.ledger import queries
from custom_components.chargestead.billing.ledger.database import open_database
from custom_components.chargestead.billing.ledger.queries import SessionFilter
from custom_components.chargestead.billing.ledger.soundness import damage_of
from custom_components.chargestead.billing.ledger.store import KeptEvent
from custom_components.chargestead.model.events import SessionEnded, SessionUpdated
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session

from .ledger_victim import story
from .stories import NOON

ROUNDS = 25
SOAK_ROUNDS = 1000
ROOT = Path(__file__).parents[2]

# The package itself is Home Assistant's business, and the ledger does without.
START = """
import sys, types
package = types.ModuleType("custom_components.chargestead")
package.__path__ = ["custom_components/chargestead"]
sys.modules[package.__name__] = package
from tests.billing.ledger_victim import main
main()
"""


class Victim:
    """The process that is killed over and over again."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", START],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def round(self, url: str, number: int, acknowledged: int, seconds: float) -> list[int]:
        """Kill it some time after so many events were kept; return the numbers of all that were."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{url} {number}\n")
        self._process.stdin.flush()
        _, _, child = self._process.stdout.readline().partition(" ")
        kept = [self._kept() for _ in range(acknowledged)]
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            pass
        os.kill(int(child), signal.SIGKILL)
        for line in self._process.stdout:
            if line == "over\n":
                return kept
            kept.append(int(line.split()[1]))
        raise AssertionError("the victim itself is gone")

    def _kept(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("kept "), line
        return int(line.split()[1])

    def end(self) -> None:
        """Let it end; what does not by itself, as after a round that failed, is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(10)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def victim() -> Iterator[Victim]:
    """Return a process to kill."""
    started = Victim()
    yield started
    started.end()


def assert_kept(
    told: list[KeptEvent], sessions: dict[str, Session], readings: dict[str, set[MeterReading]]
) -> None:
    """Check that every event has left in the ledger what it says."""
    for event in told:
        assert isinstance(event.session, Session)  # type: ignore[union-attr]
        session: Session = event.session  # type: ignore[union-attr]
        kept = sessions[session.id]
        assert kept.started_at == session.started_at
        assert kept.register_start_mwh == session.register_start_mwh
        if isinstance(event, SessionUpdated):
            assert set(event.readings) <= readings[session.id]
            assert (kept.register_last_mwh or 0) >= (session.register_last_mwh or 0)
        if isinstance(event, SessionEnded):
            assert kept == session


def check(url: str, number: int, acknowledged: list[int]) -> None:
    """Open what the killed process left and look for all that it said was kept."""
    database = open_database(url, NOON)
    with database.reader.connect() as connection:
        mine = SessionFilter(station_id=f"CP-{number}")
        found = queries.sessions(connection, mine, limit=None, offset=0)
        readings = {item.id: set(queries.readings(connection, item.id)) for item in found}
    database.reader.dispose()
    database.writer.dispose()
    events = dict(islice(story(number), max(acknowledged, default=-1) + 1))
    assert_kept([events[which] for which in acknowledged], {s.id: s for s in found}, readings)


def kill_many_times(victim: Victim, folder: Path, rounds: int, seed: int) -> None:
    """Kill it again and again over the same file, now and then over a fresh one."""
    sys.stdout.write(f"seed {seed}\n")
    random = Random(seed)
    path = folder / "0.db"
    total = 0
    for number in range(rounds):
        if random.random() < 0.2:
            path = folder / f"{number}.db"
        url = f"sqlite:///{path}"
        count = random.choice([0, 0, 1, random.randrange(50), random.randrange(600)])
        acknowledged = victim.round(url, number, count, random.random() * 0.03)
        assert len(acknowledged) >= count
        assert damage_of(path) is None
        assert not list(folder.glob("*damaged*"))
        check(url, number, acknowledged)
        total += len(acknowledged)
    assert total > rounds


def test_killed_at_any_moment_nothing_that_was_kept_is_lost(victim: Victim, tmp_path: Path) -> None:
    kill_many_times(victim, tmp_path, ROUNDS, SystemRandom().randrange(2**32))


@pytest.mark.soak
def test_killed_a_great_many_times_nothing_that_was_kept_is_lost(
    victim: Victim, tmp_path: Path
) -> None:
    kill_many_times(victim, tmp_path, SOAK_ROUNDS, SystemRandom().randrange(2**32))


def test_the_check_notices_an_event_that_is_missing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    for number in range(8):
        with pytest.raises(KeyError):
            check(url, 1, [number])
