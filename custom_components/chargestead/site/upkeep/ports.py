"""What looking after stations asks of the ledger, and what listeners are told."""

from collections.abc import Callable
import logging
from typing import Final, Protocol

from ...model.journal import Journal

LOGGER: Final = logging.getLogger(__name__)


class UpkeepLedger(Journal, Protocol):
    """Keeps the journal, and knows what stations have done."""

    async def use_of(self, station_id: str | None) -> tuple[int, int]:
        """Return how many sessions ended at a station, with None at all there ever were, and their energy in mWh."""


class Listeners[**P]:
    """Whoever wants to be told; one that fails harms nobody else."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._listeners: list[Callable[P, None]] = []

    def subscribe(self, listener: Callable[P, None]) -> Callable[[], None]:
        """Tell a listener from now on; returns how to stop that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell all of them."""
        for listener in tuple(self._listeners):
            try:
                listener(*args, **kwargs)
            except Exception:
                LOGGER.exception("A listener to maintenance failed")
