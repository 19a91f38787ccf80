"""How wrong a station's clock is, told from the timestamps of what it sends."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

_TOLERANCE: Final = timedelta(seconds=60)
OLDEST_SANE: Final = 2020
_SAMPLES: Final = 8
_UNAVOIDABLE: Final = timedelta(seconds=2)
_NEWS: Final = timedelta(seconds=1)
_NONE: Final = timedelta()
_SPAN: Final = timedelta(seconds=30)


class ClockOffset:
    """Estimates station time minus ours.

    A timestamp ahead of us proves a clock ahead. One behind may as well be a delayed message, so a clock counts as
    behind only when several live messages over some time all are.
    """

    def __init__(self) -> None:
        """Start with a clock that is trusted."""
        self._samples: deque[tuple[datetime, timedelta]] = deque(maxlen=_SAMPLES)
        self.offset: timedelta | None = None

    def reset(self) -> None:
        """Forget what was seen; the station just set its clock from our boot answer."""
        self._samples.clear()
        self.offset = None

    def observe(self, sent: datetime, arrived: datetime) -> None:
        """Take the timestamp of a message that tells of the present."""
        offset = sent - arrived
        if -_TOLERANCE <= offset <= _TOLERANCE:
            offset = offset if abs(offset) > _UNAVOIDABLE else _NONE
            if self.offset is None or abs(offset - self.offset) >= _NEWS:
                self.offset = offset
            if self._samples:
                self._samples.clear()
            return
        self._samples.append((arrived, offset))
        offsets = [item for _, item in self._samples]
        latest = max(offsets)
        settled = (
            len(offsets) == _SAMPLES
            and arrived - self._samples[0][0] >= _SPAN
            and latest - min(offsets) < _TOLERANCE
        )
        if offset > _TOLERANCE or settled:
            self.offset = latest

    def correct(self, sent: datetime | None, arrived: datetime) -> tuple[datetime, bool]:
        """Return when something happened by our clock, and whether that had to be corrected."""
        if sent is None:
            return arrived, False
        if sent.year < OLDEST_SANE:
            return arrived, True
        if self.offset and abs(self.offset) > _TOLERANCE:
            return self._shifted(sent, arrived), True
        if sent - arrived > _TOLERANCE:
            return arrived, True
        return sent, False

    def _shifted(self, sent: datetime, arrived: datetime) -> datetime:
        """Return an instant by our clock, the arrival where the offset cannot be true of it."""
        try:
            shifted = sent - (self.offset or _NONE)
        except OverflowError:
            return arrived
        return min(shifted, arrived) if shifted.year >= OLDEST_SANE else arrived

    @property
    def seconds(self) -> float | None:
        """Return the estimate in seconds, positive when the station is ahead."""
        return None if self.offset is None else self.offset.total_seconds()
