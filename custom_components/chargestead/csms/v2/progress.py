"""How far the messages of a transaction have come: their numbers, and what only the newest may say."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

_MOST_MISSING: Final = 1000
_REMEMBERED: Final = 200


@dataclass(slots=True)
class Progress:
    """What is known of one transaction's messages (seqNo: OCPP 2.0.1 part 2, E, sequence number generation)."""

    token_at: datetime | None = None
    flagged: bool = False
    _low: int | None = None
    _high: int = 0
    _missing: set[int] = field(default_factory=set)
    _too_many: bool = False

    @property
    def gap(self) -> bool:
        """Tell whether messages between the first and the last one are missing."""
        return self._too_many or bool(self._missing)

    def is_newest(self, number: int | None) -> bool:
        """Tell whether no message with a higher number has come."""
        return number is None or number >= self._high

    def note(self, number: int) -> bool:
        """Take a message's number; tell whether it is a new one."""
        if self._low is None:
            self._low = self._high = number
        elif number > self._high:
            self._miss(self._high + 1, number)
            self._high = number
        elif number < self._low:
            self._miss(number + 1, self._low)
            self._low = number
        elif number in self._missing:
            self._missing.discard(number)
        else:
            return False
        return True

    def _miss(self, first: int, end: int) -> None:
        if end - first + len(self._missing) > _MOST_MISSING:
            self._too_many = True
        else:
            self._missing.update(range(first, end))


class Progresses:
    """The progress of the transactions spoken of lately."""

    def __init__(self) -> None:
        """Remember none."""
        self._of: dict[str, Progress] = {}

    def of(self, transaction_id: str) -> Progress:
        """Return the progress of a transaction, which is remembered from then on."""
        progress = self._of.pop(transaction_id, None) or Progress()
        self._of[transaction_id] = progress
        if len(self._of) > _REMEMBERED:
            del self._of[next(iter(self._of))]
        return progress

    def forget(self, transaction_id: str) -> None:
        """Start anew for an id that is used again."""
        self._of.pop(transaction_id, None)
