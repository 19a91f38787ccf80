"""Offers and updates as they are remembered over a restart."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ...model.firmware import FirmwareFailure, FirmwareOffer, FirmwareStage, FirmwareUpdate


def offer_to_dict(offer: FirmwareOffer) -> dict[str, Any]:
    """Return JSON-like content."""
    return {**asdict(offer), "offered_at": offer.offered_at.isoformat()}


def offer_from_dict(content: object) -> FirmwareOffer | None:
    """Read what `offer_to_dict` wrote; None for anything of another shape."""
    if not isinstance(content, Mapping):
        return None
    try:
        at = datetime.fromisoformat(content["offered_at"])
        return FirmwareOffer(**{**content, "offered_at": at})
    except KeyError, TypeError, ValueError:
        return None


def update_to_dict(update: FirmwareUpdate) -> dict[str, Any]:
    """Return JSON-like content."""
    return {
        **asdict(update),
        "offer": offer_to_dict(update.offer),
        "started_at": update.started_at.isoformat(),
        "changed_at": update.changed_at.isoformat(),
    }


def update_from_dict(content: object) -> FirmwareUpdate | None:
    """Read what `update_to_dict` wrote; None for anything of another shape."""
    if not isinstance(content, Mapping):
        return None
    offer = offer_from_dict(content.get("offer"))
    if offer is None:
        return None
    try:
        failure = content["failure"]
        return FirmwareUpdate(
            **{
                **content,
                "offer": offer,
                "stage": FirmwareStage(content["stage"]),
                "failure": None if failure is None else FirmwareFailure(failure),
                "started_at": datetime.fromisoformat(content["started_at"]),
                "changed_at": datetime.fromisoformat(content["changed_at"]),
            }
        )
    except KeyError, TypeError, ValueError:
        return None
