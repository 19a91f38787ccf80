"""Meter values of a message, in any version."""

from datetime import datetime
from typing import TYPE_CHECKING

from ..model.session import SessionFlag
from .fields import instant, objects
from .metering import MeterValue
from .moments import moment
from .samples import read_samples

if TYPE_CHECKING:
    from .rpc import Payload
    from .station import ChargingStation


def read_meter_values(
    station: ChargingStation,
    payload: Payload,
    key: str,
    arrived: datetime,
    *,
    live: bool = False,
    begin_is_news: bool = False,
) -> list[MeterValue]:
    """Return the meter values under a key of a message; those that say nothing we use are left out."""
    result = []
    for value in objects(payload, key):
        sampled = read_samples(
            objects(value, "sampledValue"), station.counters, begin_is_news=begin_is_news
        )
        if sampled.register_mwh is None and sampled.signed is None and not sampled.live:
            continue
        at, _ = moment(station, instant(value, "timestamp"), arrived, live=live)
        result.append(MeterValue(at, sampled))
    return result


def offline_flags(*, offline: bool, corrected: bool) -> frozenset[SessionFlag]:
    """Return the flags of a message that came late, or from a station whose clock is wrong."""
    flags = set()
    if offline:
        flags.add(SessionFlag.OFFLINE)
    if corrected:
        flags.add(SessionFlag.CLOCK_CORRECTED)
    return frozenset(flags)
