"""The two turns of a transaction, as a station tells of them in any version."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from ..model.ports import Kept
from ..model.reading import MeterReading
from ..model.session import SessionFlag


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a station says when a transaction starts; `key` is what makes it this one and no other."""

    key: tuple[object, ...]
    connector_id: int
    at: datetime
    id_token: str | None
    register_mwh: int | None
    transaction_id: str | None = None
    remote_start_id: int | None = None
    flags: frozenset[SessionFlag] = frozenset()
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What a station says when a transaction stops; `key` is what makes an orphan this one and no other.

    Where ids are the station's own, `session_key` makes it the session that a late start will belong to.
    """

    key: tuple[object, ...]
    transaction_id: str
    at: datetime
    register_mwh: int | None
    connector_id: int = 0
    session_key: tuple[object, ...] | None = None
    id_token: str | None = None
    reason: str | None = None
    readings: tuple[MeterReading, ...] = ()
    signed: str | None = None
    flags: frozenset[SessionFlag] = frozenset()
    replayed: bool = False


async def answered[T](payload: T, kept: Kept) -> T:
    """Hold an answer back until what it stands for is durable."""
    await durable(kept)
    return payload


async def durable(kept: Kept) -> None:
    """Wait until something is durable; LedgerError where it cannot be kept.

    Whoever gives up waiting, as when a socket breaks off, leaves the future to the others that wait for it.
    """
    await asyncio.wait((kept,))
    kept.result()
