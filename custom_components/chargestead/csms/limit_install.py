"""Getting one limit into a station: down the ladder of forms until it takes one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ..model.clock import Clock
from ..model.commands import SetChargingProfile
from ..model.errors import (
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from ..model.limit import LimitState
from .limit_forms import ON_CONNECTOR, Form
from .limit_learning import Learning
from .limit_owner import Held, Owner

_MOST_TRIES: Final = 48
_MOST_UNSUPPORTED: Final = 4
_MOST_TIMEOUTS: Final = 2
_NEVER: Final[Mapping[str, int]] = {"NotImplemented": _MOST_UNSUPPORTED, "NotSupported": 1}


@dataclass(slots=True)
class _Attempt:
    """How far one walk down the ladder has come."""

    connector_id: int
    current_a: float
    held: Held
    phases: int
    now: datetime
    known: Form | None
    known_only: bool
    said: list[tuple[int, Mapping[str, object]]] = field(default_factory=list)
    failure: ChargesteadError | None = None
    waits: bool = False
    timeouts: int = 0
    unsupported: int = 0

    @property
    def hopeless(self) -> bool:
        """Tell whether to give up."""
        return self.unsupported >= _MOST_UNSUPPORTED or len(self.said) >= _MOST_TRIES


class Installer:
    """Says limits in the form a station is known to take, else in one after the other."""

    def __init__(self, owner: Owner, clock: Clock, learning: Learning) -> None:
        """Send through the station and learn from its answers."""
        self._owner = owner
        self._clock = clock
        self._learning = learning

    async def install(
        self,
        connector_id: int,
        current_a: float,
        held: Held,
        *,
        phases: int,
        known_only: bool = False,
    ) -> LimitState:
        """Return accepted, or pending where it can only be said once a transaction runs.

        With `known_only` a refusal of the known form is final for now. Raises what the station answered last, where it
        takes no form.
        """
        attempt = _Attempt(
            connector_id=connector_id,
            current_a=current_a,
            held=held,
            phases=phases,
            now=self._clock.now(),
            known=self._learning.form,
            known_only=known_only,
        )
        for form in self._learning.candidates(self._owner.book.state):
            state = await self._try(attempt, form)
            if state is not None:
                return state
            if attempt.hopeless or (known_only and form == attempt.known):
                break
        failure = attempt.failure or self._learning.refusal
        if attempt.waits and (failure is None or _may_change(failure)):
            return LimitState.PENDING
        raise failure or StationOfflineError(self._owner.station_id)

    async def _try(self, attempt: _Attempt, form: Form) -> LimitState | None:
        """Say the limit in one form; None where the next should be tried."""
        profile = self._owner.limit_profile(
            form,
            profile_id=attempt.connector_id,
            limit=form.amount(attempt.current_a, attempt.phases),
            session=self._owner.book.connector(attempt.connector_id).session,
            now=attempt.now,
        )
        if profile is None:
            attempt.waits = True
            return LimitState.PENDING if form == attempt.known else None
        target = attempt.connector_id if form.purpose in ON_CONNECTOR else 0
        if (target, profile) in attempt.said:
            return None
        attempt.said.append((target, profile))
        try:
            await self._owner.command(SetChargingProfile(connector_id=target, profile=profile))
        except (CommandRefusedError, CallFailedError) as err:
            attempt.failure = err
            if isinstance(err, CallFailedError):
                attempt.unsupported += _NEVER.get(err.code, 0)
            self._learning.refused(form, twin(form, attempt.current_a, attempt.phases), err)
            return None
        except StationTimeoutError as err:
            attempt.failure = err
            attempt.timeouts += 1
            if form == attempt.known or attempt.timeouts >= _MOST_TIMEOUTS:
                raise
            return None
        self._wrote(attempt, form)
        return LimitState.ACCEPTED

    def _wrote(self, attempt: _Attempt, form: Form) -> None:
        held = attempt.held
        held.form = form
        held.written_at = self._clock.now()
        held.measured = self._owner.book.connector(attempt.connector_id).measurements
        if self._learning.accepted(form):
            self._owner.keep_memory()


def _may_change(failure: ChargesteadError) -> bool:
    """Tell whether a station that refused without a transaction may yet take a limit for one."""
    return isinstance(failure, CommandRefusedError) and failure.status.casefold() != "notsupported"


def twin(form: Form, current_a: float, phases: int) -> Form | None:
    """Return the form with the other rounding where it says the very same."""
    other = replace(form, whole=not form.whole)
    return other if form.amount(current_a, phases) == other.amount(current_a, phases) else None
