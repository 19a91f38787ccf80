"""Ids of sessions and transactions."""

from datetime import UTC, datetime
from typing import Final
import uuid

from ..model.clock import Clock

_NAMESPACE: Final = uuid.UUID("5e6f1d6c-53a4-4d0e-9a52-6f0a3c1f7b58")
_EPOCH: Final = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
_LARGEST: Final = 2**31 - 1


def session_id(*content: object) -> str:
    """Return the id that belongs to what a station sent, so that a repeated message names the same session."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in content)).hex


class FreshIds:
    """Gives out ids: unique, increasing across restarts, at most 2^31-1.

    They follow the clock (seconds since 2020), so that none is repeated even where the last one is not remembered.
    """

    def __init__(self, clock: Clock, last: int) -> None:
        """Continue after the largest id ever given out."""
        self._clock = clock
        self._last = last

    def next(self) -> int:
        """Return a fresh id."""
        seconds = int(self._clock.now().timestamp()) - _EPOCH
        self._last = max(self._last + 1, seconds)
        if self._last > _LARGEST:
            self._last = max(1, seconds % _LARGEST)
        return self._last


class TransactionIds(FreshIds):
    """Gives out OCPP 1.6 transaction ids (section 7.41)."""
