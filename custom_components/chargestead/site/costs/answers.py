"""What a session costs, for the answers to the messages of its station."""

from typing import Final

from ...model.clock import Clock
from ...model.money import Cost
from ...model.session import Session
from .costing import Costing
from .display import CostDisplay

_LONGEST_S: Final = 5


class CostAnswers:
    """Knows what to tell a station in an answer: the cost so far, and the final one where it is exact."""

    def __init__(self, clock: Clock, costing: Costing, display: CostDisplay) -> None:
        """Spare the display what an answer has told."""
        self._clock = clock
        self._costing = costing
        self._display = display

    def running(self, session: Session) -> Cost | None:
        """Return what a session costs so far, as it was worked out last; None while that is not known."""
        if not session.is_open:
            return None
        cost = self._costing.cost_of(session)
        if cost is not None:
            self._display.told_running(session)
        return None if cost is None else cost.cost

    async def final(self, session: Session) -> Cost | None:
        """Return what an ended session costs, None where that is not known exactly within a few seconds."""
        rated = self._costing.rated(session.id)

        def give_up() -> None:
            if not rated.done():
                rated.set_result(None)

        timer = self._clock.call_later(_LONGEST_S, give_up)
        try:
            with self._display.telling_final(session.id):
                await rated
        finally:
            timer.cancel()
        cost = self._costing.cost_of(session)
        return None if cost is None or cost.cost.provisional else cost.cost
