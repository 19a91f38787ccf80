"""Watching whether limits are obeyed, and doing something about it, within bounds."""

from dataclasses import replace
import logging
from typing import TYPE_CHECKING, Final

from ..model.commands import GetCompositeSchedule
from ..model.errors import CallFailedError, CommandRefusedError, StationTimeoutError
from ..model.limit import Limit, LimitState
from .limit_forms import Form
from .limit_install import twin
from .limit_learning import Learning
from .limit_owner import Held, Owner
from .obedience import Evidence, Verdict, in_view_of, judge, phases_in_use
from .schedules import first_limit_a

if TYPE_CHECKING:
    from .limits import Limits

_LOGGER = logging.getLogger(__name__)

_VERIFY_S: Final = 30
_WATCH_S: Final = 60
_MOST_RESENDS: Final = 3
_COMPOSITE_S: Final = 60


class LimitWatch:
    """Judges the limits of one station half a minute after they were said, and every minute of a session."""

    def __init__(self, limits: Limits, owner: Owner, learning: Learning) -> None:
        """Act through the limits."""
        self._limits = limits
        self._owner = owner
        self._learning = learning
        self._gives_schedule = True

    def begin(self, connector_id: int) -> None:
        """Look in half a minute."""
        self._limits.later(connector_id, "verify", _VERIFY_S, self._verify)

    def _verify(self, connector_id: int) -> None:
        """Judge from what the connector does; costs no message but, at most once per limit, a question."""
        connector = self._limits.connector(connector_id)
        limit, held = connector.limit, self._limits.held(connector_id)
        if limit is None or limit.current_a is None or connector.session is None:
            return
        self._limits.later(connector_id, "verify", _WATCH_S, self._verify)
        if held.written_at is None or held.form is None:
            return
        verdict = judge(
            Evidence(
                limit_a=limit.current_a,
                written_at=held.written_at,
                before=held.measured,
                now=connector.measurements,
                max_current_a=self._limits.max_current_a,
                phases=self._limits.phases,
            )
        )
        verdict = in_view_of(verdict, limit.current_a, connector.external_limit)
        if verdict is not Verdict.UNKNOWN:
            self._judged(connector_id, limit, held.form, verdict)
        elif held.may_ask and self._gives_schedule:
            held.may_ask = False
            self._limits.spawn(self._ask_schedule(connector_id, limit, held.form), "verify a limit")

    def _judged(self, connector_id: int, limit: Limit, form: Form, verdict: Verdict) -> None:
        held = self._limits.held(connector_id)
        if verdict in {Verdict.OBEYED, Verdict.PROVEN}:
            held.misses = 0
            self._limits.show(connector_id, replace(limit, state=LimitState.OBEYED))
            if verdict is Verdict.PROVEN and self._learning.obeyed(form):
                self._owner.keep_memory()
            return
        if limit.state is not LimitState.IGNORED:
            _LOGGER.warning(
                "%s accepted a limit of %g A on connector %d but does not obey it",
                self._owner.station_id,
                limit.current_a or 0,
                connector_id,
            )
        self._limits.show(connector_id, replace(limit, state=LimitState.IGNORED))
        if verdict is Verdict.IGNORED and self._say_again(connector_id, limit, held, form):
            self._limits.apply_soon(connector_id)

    def _say_again(self, connector_id: int, limit: Limit, held: Held, form: Form) -> bool:
        """Tell whether to send an ignored limit once more: for fewer phases, as it was, or in another form."""
        held.misses += 1
        learning = self._learning
        phases = phases_in_use(self._limits.connector(connector_id).measurements)
        assumed = held.phases or self._limits.phases
        if form.unit == "W" and phases is not None and phases < assumed:
            held.phases = phases
            return True
        if form != learning.form:
            return True
        if learning.proven and held.misses == 1:
            held.resends += 1
            return held.resends <= _MOST_RESENDS
        if learning.settled:
            return False
        learning.ignored(form, twin(form, limit.current_a or 0, assumed))
        self._owner.keep_memory()
        return not learning.settled

    async def _ask_schedule(self, connector_id: int, limit: Limit, form: Form) -> None:
        """Ask what the station means to allow, where it does not measure it (OCPP 1.6 section 5.7)."""
        held = self._limits.held(connector_id)
        wish = held.wish
        try:
            result = await self._owner.command(
                GetCompositeSchedule(
                    connector_id=connector_id,
                    duration_s=_COMPOSITE_S,
                    charging_rate_unit=form.unit,
                )
            )
        except CommandRefusedError, CallFailedError, StationTimeoutError:
            self._gives_schedule = False
            self._limits.count("composite_schedule_refused")
            return
        planned = first_limit_a(result.answer, held.phases or self._limits.phases)
        if planned is None or limit.current_a is None or wish != held.wish:
            return
        if abs(planned - limit.current_a) <= 1:
            self._judged(connector_id, limit, form, Verdict.OBEYED)
        elif planned > limit.current_a:
            self._judged(connector_id, limit, form, Verdict.IGNORED)
