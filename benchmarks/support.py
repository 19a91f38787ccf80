"""Parts that the benchmarks share."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
import time


class WallClock:
    """Real time, optionally counted from some other day."""

    def __init__(self, start: datetime | None = None) -> None:
        """Let the clock show `start` now."""
        now = datetime.now(UTC)
        self._shift = timedelta() if start is None else start - now

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC) + self._shift

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back after a delay in seconds."""
        return asyncio.get_running_loop().call_later(delay, callback)


class MemoryInMind:
    """Station memory that is forgotten at the end."""

    def __init__(self) -> None:
        """Start empty."""
        self.content: dict[str, Mapping[str, object]] = {}

    def load(self, station_id: str) -> Mapping[str, object]:
        """Return what was saved."""
        return self.content.get(station_id, {})

    def save(self, station_id: str, content: Mapping[str, object]) -> None:
        """Keep content."""
        self.content[station_id] = content
