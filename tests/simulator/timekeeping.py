"""The station's own clock, and how it writes the time."""

from datetime import datetime, timedelta, timezone
from typing import Final

from .clock import Clock
from .personality import Personality
from .schedule import read_time

LOCAL_ZONE: Final = timezone(timedelta(hours=2))
TOLERANCE: Final = timedelta(seconds=5)


class Timekeeper:
    """True time, shifted by what the station's clock is wrong."""

    def __init__(self, clock: Clock, personality: Personality) -> None:
        """Begin as wrong as the personality says."""
        self.offset = timedelta(seconds=personality.clock_offset)
        self._clock = clock
        self._personality = personality

    def own(self, at: datetime) -> datetime:
        """Return what the station's clock shows at a true moment."""
        return at + self.offset

    def now(self) -> datetime:
        """Return what the station's clock shows."""
        return self.own(self._clock.now())

    def told(self, text: str) -> None:
        """Take over the central system's time, unless the difference is small."""
        moment = read_time(text)
        if moment is None or not self._personality.follows_central_time:
            return
        offset = moment - self._clock.now()
        if abs(offset - self.offset) > TOLERANCE:
            self.offset = offset

    def stamp(self, at: datetime) -> str | None:
        """Return a moment as it is written where it may be left out."""
        match self._personality.timestamps:
            case "missing":
                return None
            case "empty":
                return ""
        return self.stamp_always(at)

    def stamp_always(self, at: datetime | None = None) -> str:
        """Return a moment, else the present, as it is written where it must be."""
        own = self.own(at or self._clock.now())
        match self._personality.timestamps:
            case "local":
                local = own.astimezone(LOCAL_ZONE).replace(tzinfo=None)
                return local.isoformat("T", "seconds")
            case "offset":
                return own.astimezone(LOCAL_ZONE).isoformat("T", "milliseconds")
        return own.isoformat("T", "milliseconds").replace("+00:00", "Z")
