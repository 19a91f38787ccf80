"""Keeping a connector free for somebody."""

from dataclasses import dataclass
from datetime import datetime

from .base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(Command):
    """Reserve a connector (1.6) or EVSE (2.x), any of them where none is named (ReserveNow).

    A reservation with an id the station has already is replaced. Types of tokens are not put on the wire in 1.6, which
    has none.
    """

    reservation_id: int
    id_token: str
    expires_at: datetime
    connector_id: int | None = None
    connector_type: str | None = None
    id_token_type: str | None = None
    parent_id_token: str | None = None
    parent_id_token_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReservation(Command):
    """Cancel a reservation, ours or not (CancelReservation)."""

    reservation_id: int
