"""When something happened, by our clock."""

from datetime import datetime
from typing import TYPE_CHECKING

from .clock_offset import OLDEST_SANE

if TYPE_CHECKING:
    from .station import ChargingStation


def moment(
    station: ChargingStation, sent: datetime | None, arrived: datetime, *, live: bool = False
) -> tuple[datetime, bool]:
    """Return when something happened by our clock, and whether the station's clock had to be corrected.

    A `live` message tells of the present, so it shows how far the station's clock is off.
    """
    offset = station.clock_offset
    if sent is not None and (live or sent > arrived):
        before = offset.offset
        offset.observe(sent, arrived)
        if offset.offset is not before:
            station.book.update(clock_offset_s=offset.seconds)
    return offset.correct(sent, arrived)


def tells_time(sent: datetime | None) -> bool:
    """Tell whether a timestamp says anything: it is there, and not that of a clock that was never set."""
    return sent is not None and sent.year >= OLDEST_SANE
