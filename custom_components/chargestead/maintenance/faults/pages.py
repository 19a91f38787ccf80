"""Faults as pages of the journal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ...model.fault import Fault, FaultKind, FaultSeverity, FaultSource
from ...model.journal import JournalEntry
from .record import Record

KIND: Final = "fault"


def page_of(record: Record) -> JournalEntry:
    """Return the page of a fault; the same one until the matter is closed."""
    fault = record.fault
    return JournalEntry(
        kind=KIND,
        uid=f"{fault.station_id or ''}/{fault.key}/{fault.first_at.isoformat()}",
        at=fault.first_at,
        station_id=fault.station_id,
        connector_id=fault.connector_id,
        content={
            "key": fault.key,
            "kind": fault.kind.value,
            "source": fault.source.value,
            "severity": fault.severity.value,
            "code": fault.code,
            "vendor_id": fault.vendor_id,
            "vendor_code": fault.vendor_code,
            "info": fault.info,
            "last_at": fault.last_at.isoformat(),
            "over_at": _text(fault.over_at),
            "closed_at": _text(fault.closed_at),
            "count": fault.count,
            "active": fault.active,
            "noticed": fault.noticed,
            "onsets": [onset.isoformat() for onset in record.onsets],
            "settled": record.settled,
        },
    )


def record_of(entry: JournalEntry) -> Record:
    """Return the fault of a page; raises KeyError, TypeError or ValueError for one that cannot be read."""
    content: Mapping[str, Any] = entry.content
    fault = Fault(
        key=str(content["key"]),
        station_id=entry.station_id,
        connector_id=entry.connector_id or 0,
        kind=FaultKind(content["kind"]),
        source=FaultSource(content["source"]),
        severity=FaultSeverity(content["severity"]),
        code=str(content["code"]),
        vendor_id=content["vendor_id"],
        vendor_code=content["vendor_code"],
        info=content["info"],
        first_at=entry.at,
        last_at=datetime.fromisoformat(content["last_at"]),
        over_at=_time(content["over_at"]),
        closed_at=_time(content["closed_at"]),
        count=int(content["count"]),
        active=bool(content["active"]),
        noticed=bool(content["noticed"]),
    )
    record = Record(fault, settled=bool(content["settled"]))
    record.onsets.extend(datetime.fromisoformat(onset) for onset in content["onsets"])
    return record


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
