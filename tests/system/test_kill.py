"""Killing the central system at the worst moments.

A killed process loses what it had not handed to the system, and nothing else: these tests prove that what a station
was answered had been committed. That a commit outlives the power too is SQLite's promise for `synchronous=FULL`,
which flushes the write-ahead log before a commit returns; `tests/billing` proves that the ledger asks for it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
import multiprocessing
from multiprocessing.context import ForkServerProcess
from pathlib import Path
import random
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from benchmarks.support import WallClock
from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.model.session import Session, SessionFlag

from . import victim

STATION = "KILLED-1"


type Message = tuple[str, dict[str, Any]]

ENERGY_WH = 28


def stamp(moment: datetime) -> str:
    """Write a time as stations do."""
    return moment.isoformat().replace("+00:00", "Z")


@dataclass
class Station:
    """Charges one car after another, `step` apart in all it says; what was not answered is said again."""

    started: datetime
    step: timedelta = timedelta(milliseconds=1)
    charges: int = 10**9
    register: int = 100_000
    answered: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    transaction_id: int | None = None
    _number: int = 0
    _unanswered: Message | None = None
    _awaited: int = 0
    _call_back: Callable[[], object] = bool

    def __post_init__(self) -> None:
        """Begin the story."""
        self._story = self._script()

    def _script(self) -> Iterator[Message]:
        for _ in range(self.charges):
            yield (
                "StartTransaction",
                {
                    "connectorId": 1,
                    "idTag": "CARD",
                    "meterStart": self.register,
                    "timestamp": self._now(),
                },
            )
            for _ in range(4):
                self.register += ENERGY_WH // 4
                sample = {"timestamp": self._now(), "sampledValue": [{"value": str(self.register)}]}
                yield (
                    "MeterValues",
                    {
                        "connectorId": 1,
                        "transactionId": self.transaction_id,
                        "meterValue": [sample],
                    },
                )
            yield (
                "StopTransaction",
                {
                    "transactionId": self.transaction_id,
                    "meterStop": self.register,
                    "timestamp": self._now(),
                },
            )

    def _now(self) -> str:
        self._number += 1
        return stamp(self.started + self._number * self.step)

    def said(self, action: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return what was said under an action and answered."""
        return [(payload, answer) for name, payload, answer in self.answered if name == action]

    def when_answered(self, messages: int, call_back: Callable[[], object]) -> None:
        """Call back after so many more answers."""
        self._awaited, self._call_back = len(self.answered) + messages, call_back

    async def live(self, url: str) -> None:
        """Talk until the socket breaks or there is nothing left to say."""
        async with connect(
            url, subprotocols=[Subprotocol("ocpp1.6")], open_timeout=30, ping_interval=None
        ) as socket:
            while True:
                if self._unanswered is None:
                    self._unanswered = next(self._story, None)
                if self._unanswered is None:
                    return
                action, payload = self._unanswered
                await socket.send(json.dumps([2, f"m{self._number}", action, payload]))
                answer = json.loads(await socket.recv())
                assert answer[0] == 3, answer
                if action == "StartTransaction":
                    self.transaction_id = answer[2]["transactionId"]
                self.answered.append((action, payload, answer[2]))
                if len(self.answered) == self._awaited:
                    self._call_back()
                self._unanswered = None


class Killer:
    """Runs the central system again and again, and kills it some messages later, at any moment of the next."""

    def __init__(self, database: Path) -> None:
        """Keep the ledger in a file; the seed is printed."""
        self.kills = 0
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        self._chance = random.Random(seed)
        self._database = database
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.system.victim"])

    async def round(self, station: Station, most: int) -> None:
        """Serve a station until the kill, after `most` messages at most."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=victim.main, args=(theirs, self._database, STATION), daemon=True
        )
        process.start()
        # Or whoever waits for the port would wait on, should the victim die before it has one.
        theirs.close()
        try:
            await self._serve(process, await asyncio.to_thread(ours.recv), station, most)
        finally:
            process.kill()
            await asyncio.to_thread(process.join)

    async def _serve(
        self, process: ForkServerProcess, port: int, station: Station, most: int
    ) -> None:
        def kill() -> None:
            self.kills += 1
            process.kill()

        station.when_answered(
            self._chance.randrange(1, most),
            lambda: asyncio.get_running_loop().call_later(self._chance.uniform(0, 0.01), kill),
        )
        with suppress(ConnectionClosed, ConnectionError):
            await station.live(f"ws://127.0.0.1:{port}/{STATION}")


@asynccontextmanager
async def opened(database: Path) -> AsyncIterator[Ledger]:
    """Open a ledger that nobody writes any more."""
    ledger = await Ledger.open(f"sqlite:///{database}", clock=WallClock())
    try:
        yield ledger
    finally:
        await ledger.close()


async def proves_that_all_is_kept(ledger: Ledger, station: Station) -> list[Session]:
    """Look for everything that was answered; return all sessions, oldest first."""
    starts = station.said("StartTransaction")
    ids = [answer["transactionId"] for _, answer in starts]
    assert ids == sorted(set(ids)), "ids must be unique and increase across restarts"
    for payload, answer in starts:
        session = await ledger.find_session(STATION, str(answer["transactionId"]))
        assert session is not None, payload
        assert session.register_start_mwh == payload["meterStart"] * 1000
        assert stamp(session.started_at) == payload["timestamp"]
    for payload, _ in station.said("StopTransaction"):
        session = await ledger.find_session(STATION, str(payload["transactionId"]))
        assert session is not None, payload
        assert session.ended_at is not None, payload
        assert stamp(session.ended_at) == payload["timestamp"]
        assert session.energy_mwh == ENERGY_WH * 1000
    for payload, _ in station.said("MeterValues"):
        session = await ledger.find_session(STATION, str(payload["transactionId"]))
        assert session is not None, payload
        value = payload["meterValue"][0]
        registers = {item.register_mwh for item in await ledger.readings(session.id)}
        assert int(value["sampledValue"][0]["value"]) * 1000 in registers, payload
    everything = await ledger.recent_sessions(STATION, limit=100_000)
    assert len(everything) - len(starts) in {0, 1}, "nothing is kept twice"
    return everything[::-1]


async def _killed_while_charging(tmp_path: Path, rounds: int) -> None:
    killer, station = Killer(tmp_path / "ledger.db"), Station(datetime.now(UTC))
    for _ in range(rounds):
        await killer.round(station, 60)
    async with opened(tmp_path / "ledger.db") as ledger:
        stopped = len(station.said("StopTransaction"))
        assert killer.kills == rounds
        sessions = await proves_that_all_is_kept(ledger, station)
        assert not any(session.flags for session in sessions[:stopped])


async def _killed_while_replaying(tmp_path: Path, charges: int) -> None:
    """Give it up only when the station has nothing left to say."""
    killer = Killer(tmp_path / "ledger.db")
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10 * charges + 60)
    station = Station(yesterday, timedelta(seconds=90), charges)
    while len(station.said("StopTransaction")) < charges:
        await killer.round(station, 60)
    assert killer.kills > 0, "it was not killed"
    async with opened(tmp_path / "ledger.db") as ledger:
        sessions = await proves_that_all_is_kept(ledger, station)
        assert len(sessions) == charges
        assert {session.flags for session in sessions} == {frozenset({SessionFlag.OFFLINE})}


async def test_killing_the_process_at_any_moment_loses_nothing_that_was_answered(
    tmp_path: Path,
) -> None:
    await _killed_while_charging(tmp_path, 3)


async def test_killing_the_process_while_an_offline_queue_is_replayed_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    await _killed_while_replaying(tmp_path, 16)


@pytest.mark.soak
async def test_a_hundred_kills_lose_nothing_that_was_answered(tmp_path: Path) -> None:
    await _killed_while_charging(tmp_path, 100)


@pytest.mark.soak
async def test_kills_all_through_a_long_replay_lose_and_double_nothing(tmp_path: Path) -> None:
    await _killed_while_replaying(tmp_path, 1000)
