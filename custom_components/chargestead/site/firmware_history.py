"""What was offered to and installed on the stations, for the journal."""

from collections.abc import Mapping
from typing import Any, Final

from ..model.events import FirmwareChanged, FirmwareOffered
from ..model.firmware import FirmwareOffer, FirmwareUpdate
from ..model.journal import JournalEntry

KIND: Final = "firmware"


def journal_entry(event: FirmwareOffered | FirmwareChanged) -> JournalEntry:
    """Return the entry for an offer, or for an update as far as it has come."""
    if isinstance(event, FirmwareOffered):
        uid, at = f"offer-{event.offer.uid}", event.offer.offered_at
        content: Mapping[str, Any] = {"event": "offered", **_offer(event.offer)}
    else:
        uid, at = event.update.uid, event.update.started_at
        content = {"event": "update", **_update(event.update)}
    return JournalEntry(kind=KIND, uid=uid, at=at, station_id=event.station_id, content=content)


def _offer(offer: FirmwareOffer) -> dict[str, Any]:
    return {
        "version": offer.version,
        "file_name": offer.file_name,
        "size": offer.size,
        "sha256": offer.sha256,
        "source": offer.source,
        "signed": offer.signature is not None,
        "offered_at": offer.offered_at.isoformat(),
        "offered_by": offer.offered_by,
    }


def _update(update: FirmwareUpdate) -> dict[str, Any]:
    return {
        **_offer(update.offer),
        "started_at": update.started_at.isoformat(),
        "started_by": update.started_by,
        "changed_at": update.changed_at.isoformat(),
        "previous_version": update.previous,
        "found_version": update.found,
        "stage": update.stage.value,
        "failure": None if update.failure is None else update.failure.value,
        "detail": update.detail,
    }
