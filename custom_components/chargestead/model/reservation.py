"""A reservation, as we keep it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReservationState(StrEnum):
    """How far a reservation has come."""

    ASKED = "asked"
    """Sent, but the answer was lost: the station may hold it."""

    ACCEPTED = "accepted"
    """The station holds a connector free."""

    USED = "used"
    """A session was started with it."""

    EXPIRED = "expired"
    """Its time passed."""

    CANCELLED = "cancelled"
    """The station gave it up because we asked."""

    REMOVED = "removed"
    """The station gave it up by itself."""


OPEN = frozenset({ReservationState.ASKED, ReservationState.ACCEPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A connector (or, with None, any of them) that is kept free for a token until `expires_at`."""

    id: int
    connector_id: int | None
    id_token: str
    expires_at: datetime
    made_at: datetime
    changed_at: datetime
    state: ReservationState
    parent_id_token: str | None = None
    connector_type: str | None = None
    transaction_id: str | None = None
    shown: bool = False
    """The station has shown its connector as reserved."""

    @property
    def is_open(self) -> bool:
        """Tell whether the station holds it, as far as we know."""
        return self.state in OPEN
