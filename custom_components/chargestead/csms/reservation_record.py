"""Writing down a reservation, and reading it again."""

from collections.abc import Mapping
from datetime import datetime

from ..model.reservation import Reservation, ReservationState
from .fields import instant, integer, text


def write_reservation(reservation: Reservation) -> dict[str, object]:
    """Return JSON-like content."""
    return {
        "id": reservation.id,
        "connector_id": reservation.connector_id,
        "id_token": reservation.id_token,
        "parent_id_token": reservation.parent_id_token,
        "connector_type": reservation.connector_type,
        "made_at": reservation.made_at.isoformat(),
        "expires_at": reservation.expires_at.isoformat(),
        "state": reservation.state.value,
        "changed_at": reservation.changed_at.isoformat(),
        "transaction_id": reservation.transaction_id,
        "shown": reservation.shown,
    }


def read_reservation(content: Mapping[str, object]) -> Reservation | None:
    """Read what `write_reservation` wrote, None where it makes no sense."""
    number, id_token = integer(content, "id"), text(content, "id_token")
    made_at, expires_at = instant(content, "made_at"), instant(content, "expires_at")
    state = text(content, "state")
    if number is None or id_token is None or made_at is None or expires_at is None:
        return None
    if state not in set(ReservationState):
        return None
    changed_at: datetime = instant(content, "changed_at") or made_at
    return Reservation(
        id=number,
        connector_id=integer(content, "connector_id"),
        id_token=id_token,
        parent_id_token=text(content, "parent_id_token"),
        connector_type=text(content, "connector_type"),
        made_at=made_at,
        expires_at=expires_at,
        state=ReservationState(state),
        changed_at=changed_at,
        transaction_id=text(content, "transaction_id"),
        shown=content.get("shown") is True,
    )
