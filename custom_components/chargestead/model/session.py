"""A charging session: what people call a transaction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self


class SessionFlag(StrEnum):
    """What is unusual about a session, and visible wherever it is shown."""

    OFFLINE = "offline"
    """Made while the station could not reach us, delivered later."""

    RECONSTRUCTED = "reconstructed"
    """Adopted from a running charge whose start we never received."""

    ORPHAN = "orphan"
    """A stop of a transaction whose start we never received."""

    FORGOTTEN = "forgotten"
    """Closed at its last reading because the station forgot to stop it."""

    GAP = "gap"
    """Readings are missing from it."""

    ESTIMATED = "estimated"
    """Its energy is not entirely from register readings."""

    CLOCK_CORRECTED = "clock_corrected"
    """The station's clock was wrong and its times were corrected."""

    REGISTER_REPLACED = "register_replaced"
    """The register fell or jumped while it ran."""

    UNAUTHORIZED = "unauthorized"
    """The station charged although the token was not accepted."""

    SIGNED = "signed"
    """It has signed meter values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One charging session, open while `ended_at` is None.

    `id` is derived from what the station sent, so that the same message always means the same session. Registers are
    the meter's own, in milliwatt-hours; `register_last_mwh` is the newest one read at `register_last_at`.
    """

    id: str
    station_id: str
    connector_id: int
    transaction_id: str
    started_at: datetime
    id_token: str | None = None
    register_start_mwh: int | None = None
    register_last_mwh: int | None = None
    register_last_at: datetime | None = None
    ended_at: datetime | None = None
    register_stop_mwh: int | None = None
    stop_reason: str | None = None
    stop_id_token: str | None = None
    remote_start_id: int | None = None
    flags: frozenset[SessionFlag] = frozenset()

    @property
    def is_open(self) -> bool:
        """Tell whether the session still runs."""
        return self.ended_at is None

    @property
    def energy_mwh(self) -> int | None:
        """Return the energy so far as a register delta, None while no register is known."""
        end = (
            self.register_stop_mwh if self.register_stop_mwh is not None else self.register_last_mwh
        )
        if self.register_start_mwh is None or end is None:
            return None
        return end - self.register_start_mwh

    def at_register(self, register_mwh: int, at: datetime) -> Self:
        """Return the session with a newer register; spelled out, since it happens with every sample."""
        return type(self)(
            id=self.id,
            station_id=self.station_id,
            connector_id=self.connector_id,
            transaction_id=self.transaction_id,
            started_at=self.started_at,
            id_token=self.id_token,
            register_start_mwh=self.register_start_mwh,
            register_last_mwh=register_mwh,
            register_last_at=at,
            ended_at=self.ended_at,
            register_stop_mwh=self.register_stop_mwh,
            stop_reason=self.stop_reason,
            stop_id_token=self.stop_id_token,
            remote_start_id=self.remote_start_id,
            flags=self.flags,
        )
