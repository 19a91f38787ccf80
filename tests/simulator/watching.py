"""Looking at what goes over the wire, and waiting for it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from .frames import CALL, RESULT, Frame, FrameLog, Signal
from .schedule import Json

PATIENCE: Final = 30.0
"""Real seconds that a busy machine may take; who waits for nothing waits as long."""
LOOK_AGAIN: Final = 0.02
"""Real seconds after which to look again at what no signal tells of, such as the central system."""


class Watching:
    """The part of a station's face that tests look at."""

    def __init__(self, frames_kept: int) -> None:
        """Begin with nothing seen."""
        self.signal = Signal()
        self.frames = FrameLog(self.signal, frames_kept)
        self._cursor = 0

    def raise_failures(self) -> None:
        """Raise what has gone wrong inside; nothing here."""

    def calls(self, action: str, *, since: int = 0) -> list[Json]:
        """Return the payloads of what the station has said under an action."""
        found = self.frames.find(action, sent=True, kind=CALL, since=since)
        return [frame.payload for frame in found]

    def requests(self, action: str, *, since: int = 0) -> list[Json]:
        """Return the payloads of what the central system has asked for."""
        found = self.frames.find(action, sent=False, kind=CALL, since=since)
        return [frame.payload for frame in found]

    def answers(self, action: str, *, since: int = 0) -> list[Json]:
        """Return the payloads the central system has answered with."""
        found = self.frames.find(action, sent=False, kind=RESULT, since=since)
        return [frame.payload for frame in found]

    @property
    def inbox(self) -> list[Frame]:
        """Return every frame that came from the central system."""
        return self.frames.find(sent=False)

    async def expect(
        self,
        action: str,
        *,
        sent: bool = True,
        where: Callable[[Json], object] | None = None,
        patience: float = PATIENCE,
    ) -> Json:
        """Return the next call under an action, seen from the last one expected.

        `sent=False` waits for a call of the central system instead.
        """

        def next_one() -> list[Frame]:
            return self.frames.find(action, sent=sent, kind=CALL, since=self._cursor, where=where)

        await self.wait_for(lambda: bool(next_one()), patience=patience, what=action)
        frame = next_one()[0]
        self._cursor = frame.number + 1
        return frame.payload

    async def wait_for(
        self,
        condition: Callable[[], object],
        *,
        patience: float = PATIENCE,
        what: str = "what was waited for",
    ) -> None:
        """Wait for a condition in real time, without moving the clock.

        Raises TimeoutError, with the last frames, after `patience` real seconds.
        """
        try:
            async with asyncio.timeout(patience):
                while not condition():
                    self.raise_failures()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_AGAIN):
                            await self.signal.wait()
        except TimeoutError:
            seen = self.frames.transcript() or "none"
            message = f"{what} did not come; last frames:\n{seen}"
            raise TimeoutError(message) from None
