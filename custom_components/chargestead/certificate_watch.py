"""Telling in good time of certificates that run out and were not renewed."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .coordinator import ChargesteadConfigEntry
from .maintenance.faults import house_report
from .model.fault import FaultKind

_SOON: Final = timedelta(days=14)


@callback
def async_judge_certificates(entry: ChargesteadConfigEntry) -> None:
    """Report what runs out within two weeks or has run out, and what does not any more."""
    data = entry.runtime_data
    _judge(entry, None, FaultKind.CERTIFICATE_EXPIRING, data.site.central.certificate_ends_at)
    for station_id, coordinator in data.coordinators.items():
        ends_at = coordinator.station.certificates.ends_at
        _judge(entry, station_id, FaultKind.STATION_CERTIFICATE_EXPIRING, ends_at)


def _judge(
    entry: ChargesteadConfigEntry,
    station_id: str | None,
    expiring: FaultKind,
    ends_at: datetime | None,
) -> None:
    faults = entry.runtime_data.site.faults
    left = None if ends_at is None else ends_at - dt_util.utcnow()
    day = None if ends_at is None else dt_util.as_local(ends_at).date().isoformat()
    found = None
    if left is not None and left < _SOON:
        found = expiring
        if station_id is None and left <= timedelta():
            found = FaultKind.CERTIFICATE_EXPIRED
    kinds = {expiring} if station_id else {expiring, FaultKind.CERTIFICATE_EXPIRED}
    for kind in kinds:
        report = house_report(kind, day)
        if kind is found:
            faults.report(station_id, report)
        else:
            faults.over(station_id, report.key)
