"""First-time charge success: whether a charge that was asked for begins at the first go."""

from datetime import datetime, timedelta
from typing import Final

IN_TIME: Final = timedelta(minutes=5)


class FirstTime:
    """Judges the attempts to charge at one connector (first-time charge success rate, ChargeX consortium).

    An attempt begins when a vehicle is plugged in, and is asked for with the first accepted card, start of ours or
    transaction. It succeeds when energy flows within five minutes of both, and fails when it does not, when it is asked
    for a second time, when a fault comes first, or when the vehicle is unplugged before. No attempt is judged that
    nobody asked for, that the vehicle itself put off, or that we held back.
    """

    def __init__(self) -> None:
        """Begin with no attempt."""
        self._plugged_at: datetime | None = None
        self._asked: set[str] = set()
        self._asked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether an attempt has begun and waits for its verdict."""
        return self._plugged_at is not None

    @property
    def deadline(self) -> datetime | None:
        """Return until when energy has to flow, None while nothing is judged."""
        if self._plugged_at is None or self._asked_at is None:
            return None
        return max(self._plugged_at, self._asked_at) + IN_TIME

    def plugged(self, at: datetime) -> None:
        """Begin an attempt; a card may have been presented before."""
        early = self._asked_at is not None and at - self._asked_at <= IN_TIME
        if not early:
            self._asked.clear()
            self._asked_at = None
        self._plugged_at = at

    def asked(self, at: datetime, by: str) -> bool | None:
        """Take that a charge is asked for; returns the verdict, if this makes one.

        `by` tells the kind ("card", "session"): a card and the session it begins are one asking, two cards are two.
        """
        again = by in self._asked and self._plugged_at is not None
        if again:
            return self._verdict(success=False)
        self._asked.add(by)
        if self._asked_at is None or self._plugged_at is None:
            self._asked_at = at
        return None

    def flowing(self, at: datetime) -> bool | None:
        """Take that energy flows; returns the verdict, if this makes one."""
        deadline = self.deadline
        if deadline is None:
            # Nobody told who asked for it: plug and charge, or a station open to everybody.
            return None if self._plugged_at is None else self._verdict(success=True)
        return self._verdict(success=at <= deadline)

    def failed(self) -> bool | None:
        """Take a fault; returns the verdict, if this makes one."""
        return None if self.deadline is None else self._verdict(success=False)

    def unplugged(self) -> bool | None:
        """Take that the vehicle is gone; returns the verdict, if this makes one."""
        verdict = None if self.deadline is None else False
        self.put_off()
        return verdict

    def put_off(self) -> None:
        """Take that the vehicle does not want to yet, or that we hold it back: nobody can tell then."""
        self._verdict(success=False)

    def time(self, at: datetime) -> bool | None:
        """Look at the clock; returns the verdict, if this makes one."""
        deadline = self.deadline
        return self._verdict(success=False) if deadline is not None and at > deadline else None

    def _verdict(self, *, success: bool) -> bool:
        """Close the attempt; nothing that follows before the next plug counts."""
        self._plugged_at = None
        self._asked_at = None
        self._asked.clear()
        return success
