"""The record of everything said on the wire, and waiting for something to be said."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
import json
from typing import Any, Final, override

from .schedule import Json

CALL: Final = 2
RESULT: Final = 3
ERROR: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One OCPP-J frame; `sent` is from the station's point of view.

    `action` of an answer is that of the call it answers; "" where the text was no frame.
    """

    number: int
    at: datetime
    sent: bool
    kind: int
    id: str
    action: str
    payload: Json
    text: str

    @override
    def __str__(self) -> str:
        """Show a frame as a line of a log."""
        arrow = "->" if self.sent else "<-"
        return f"{self.at:%H:%M:%S.%f} {arrow} {self.text[:300]}"


class Signal:
    """Wakes those who wait for something to change."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Wake everybody."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self) -> None:
        """Wait for the next change."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)


class FrameLog:
    """The last `limit` frames, both ways."""

    def __init__(self, signal: Signal, limit: int) -> None:
        """Begin empty."""
        self._frames: deque[Frame] = deque(maxlen=limit)
        self._actions: dict[tuple[bool, str], str] = {}
        self.signal = signal
        self._number = 0

    def __iter__(self) -> Iterator[Frame]:
        """Iterate from the oldest to the newest."""
        return iter(tuple(self._frames))

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._frames)

    @property
    def total(self) -> int:
        """Return how many there have been."""
        return self._number

    def record(self, at: datetime, *, sent: bool, text: str) -> Frame:
        """Keep a frame."""
        kind, message_id, action, payload = parse(text)
        if kind == CALL:
            self._actions[(sent, message_id)] = action
            if len(self._actions) > 1000:
                del self._actions[next(iter(self._actions))]
        elif kind:
            action = self._actions.get((not sent, message_id), "")
        frame = Frame(
            number=self._number,
            at=at,
            sent=sent,
            kind=kind,
            id=message_id,
            action=action,
            payload=payload,
            text=text,
        )
        self._number += 1
        self._frames.append(frame)
        self.signal.notify()
        return frame

    def find(
        self,
        action: str | None = None,
        *,
        sent: bool | None = None,
        kind: int | None = None,
        since: int = 0,
        where: Callable[[Json], object] | None = None,
    ) -> list[Frame]:
        """Return the frames that match everything given, oldest first."""
        return [
            frame
            for frame in self._frames
            if (action is None or frame.action == action)
            and (sent is None or frame.sent is sent)
            and (kind is None or frame.kind == kind)
            and frame.number >= since
            and (where is None or where(frame.payload))
        ]

    def transcript(self, last: int = 40) -> str:
        """Return the last frames as text, for a failing test."""
        return "\n".join(str(frame) for frame in list(self._frames)[-last:])


def parse(text: str) -> tuple[int, str, str, Json]:
    """Return kind, id, action and payload; kind 0 when the text is no OCPP-J frame."""
    try:
        message: Any = json.loads(text)
    except ValueError:
        return 0, "", "", {}
    if not isinstance(message, list) or len(message) < 3:
        return 0, "", "", {}
    kind, message_id = message[0], str(message[1])
    if kind == CALL and len(message) > 3:
        return CALL, message_id, str(message[2]), _object(message[3])
    if kind == RESULT:
        return RESULT, message_id, "", _object(message[2])
    if kind == ERROR:
        details = {"code": message[2], "description": [*message, ""][3]}
        return ERROR, message_id, "", details
    return 0, "", "", {}


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
