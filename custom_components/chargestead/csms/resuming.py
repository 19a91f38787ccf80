"""Making sure that a paused vehicle charges again.

Some stations ignore the first limit after 0 A, some cars want to be woken with little before they take more.
"""

from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING, Final

from ..model.errors import ChargesteadError
from ..model.limit import Limit, LimitReason
from ..model.station import ConnectorStatus
from .book import LiveConnector
from .obedience import MINIMUM_A

if TYPE_CHECKING:
    from .limits import Limits

_LOGGER = logging.getLogger(__name__)

_CHECK_S: Final = 60
_LAST_STEP: Final = 2


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What a connector is to come back to, None for no limit of ours, and how far we are."""

    goal: Limit | None
    step: int = 0


class Resuming:
    """Looks a minute later whether a connector still holds its vehicle back, and helps three times at most."""

    def __init__(self, limits: Limits) -> None:
        """Act through the limits of one station."""
        self._limits = limits
        self._attempts: dict[int, _Attempt] = {}

    def begin(self, connector_id: int) -> None:
        """Start to watch a connector that was just resumed."""
        self._wait(connector_id, _Attempt(self._limits.connector(connector_id).limit))

    def end(self, connector_id: int) -> None:
        """Watch no more: somebody wants something else."""
        self._attempts.pop(connector_id, None)

    def _wait(self, connector_id: int, attempt: _Attempt) -> None:
        self._attempts[connector_id] = attempt
        self._limits.later(connector_id, "resume", _CHECK_S, self._check)

    def _check(self, connector_id: int) -> None:
        attempt = self._attempts.pop(connector_id, None)
        connector = self._limits.connector(connector_id)
        if attempt is None or connector.session is None or _is_held_by_others(connector):
            return
        held_back = connector.status is ConnectorStatus.SUSPENDED_EVSE
        if attempt.step < _LAST_STEP and not held_back:
            return
        self._limits.spawn(self._help(connector_id, attempt, held_back=held_back), "resume")

    async def _help(self, connector_id: int, attempt: _Attempt, *, held_back: bool) -> None:
        """Say the limit again, then the least a car can take, then the limit for the last time."""
        limits, goal = self._limits, attempt.goal
        current_a = goal.current_a if goal is not None else None
        reason = goal.reason if goal is not None else LimitReason.USER
        wanted = limits.max_current_a if current_a is None else current_a
        least = min(MINIMUM_A, wanted)
        try:
            await limits.set(connector_id, least if attempt.step == 1 else wanted, reason)
        except ChargesteadError as err:
            _LOGGER.warning("Connector %d could not be resumed: %s", connector_id, err)
            limits.count("resume_failed")
            return
        if attempt.step < _LAST_STEP:
            self._wait(connector_id, _Attempt(goal, attempt.step + 1))
        elif held_back:
            _LOGGER.warning(
                "Connector %d stays paused; its cable may have to be replugged", connector_id
            )
            limits.count("resume_failed")
            limits.not_obeyed(connector_id)


def _is_held_by_others(connector: LiveConnector) -> bool:
    """Tell whether somebody else may keep the vehicle from charging, which no limit of ours can change."""
    external = connector.external_limit
    if external is None or external.generation:
        return False
    return external.current_a is None or external.current_a < MINIMUM_A
