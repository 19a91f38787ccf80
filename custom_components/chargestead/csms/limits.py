"""Limits on connectors: one wanted current each, in whatever form the station obeys."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
import logging
from typing import Final

from ..model.clock import Clock, Timer
from ..model.commands import ClearChargingProfile
from ..model.errors import (
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from ..model.events import LimitChanged
from ..model.limit import Limit, LimitReason, LimitState
from .book import LiveConnector
from .limit_forms import Form, Purpose
from .limit_install import Installer
from .limit_learning import Learning
from .limit_owner import Held, Owner
from .limit_record import read_limit, write_limit
from .limit_watch import LimitWatch
from .resuming import Resuming
from .write_budget import WriteBudget

__all__ = ["Form", "Limits", "Purpose"]

_LOGGER = logging.getLogger(__name__)

_STARTED_S: Final = 1
_RETRIES_S: Final = (10, 60, 300)


class Limits:
    """Sets, holds, restores and verifies the limits of one station.

    What a person asks for is sent at once. What is sent unasked (again after a boot, another form, a resend) goes
    through a budget, so that a station that never obeys is not worn out.
    """

    def __init__(self, owner: Owner, clock: Clock, max_current_a: float, phases: int) -> None:
        """Hold nothing yet."""
        self.max_current_a = max_current_a
        self.phases = phases
        self._owner = owner
        self._clock = clock
        self._epoch = 0
        self._turn = asyncio.Lock()
        self._timers: dict[tuple[int, str], Timer] = {}
        self._held: dict[int, Held] = {}
        self._budget = WriteBudget(clock)
        self._learning = Learning(owner.memory, clock)
        self._installer = Installer(owner, clock, self._learning)
        self._watch = LimitWatch(self, owner, self._learning)
        self._resuming = Resuming(self)

    def restore(self, most_connectors: int) -> None:
        """Take up the limits that were in force."""
        for key, content in self._owner.memory.limits.items():
            found = read_limit(content, self._clock.now())
            if found is None or not key.isdecimal() or not 0 < int(key) <= most_connectors:
                continue
            limit, before = found
            self.held(int(key)).before = before
            self._owner.book.update_connector(int(key), limit=limit)

    async def set(
        self, connector_id: int, current_a: float, reason: LimitReason = LimitReason.USER
    ) -> None:
        """Limit a connector to a current in A per phase; raises what the station answers if it takes no form of it."""
        await self._want(connector_id, current_a, reason)

    async def clear(self, connector_id: int) -> None:
        """Take our limit away; the station's own then holds."""
        self._need_online()
        held = self.held(connector_id)
        held.wish += 1
        async with self._turn:
            await self._remove(connector_id)
            await self._owner.tell_vehicle(connector_id, self.max_current_a)
            self._held[connector_id] = Held(wish=held.wish, phases=held.phases)
            self._drop(connector_id)
            self.show(connector_id, None)

    async def pause(self, connector_id: int) -> None:
        """Hold charging back with a limit of 0; never a stop, which some cars and stations cannot come back from."""
        limit = self.connector(connector_id).limit
        paused = limit is not None and limit.is_pause
        before = self.held(connector_id).before if paused else limit
        await self._want(connector_id, 0, LimitReason.PAUSED, before)

    async def resume(self, connector_id: int) -> None:
        """Go back to the limit there was before the pause, and see to it that the station does."""
        self._need_online()
        limit = self.connector(connector_id).limit
        paused = limit is not None and limit.is_pause
        goal = self.held(connector_id).before if paused else limit
        if goal is not None and goal.current_a:
            await self.set(connector_id, goal.current_a, goal.reason)
        else:
            try:
                await self.clear(connector_id)
            except CommandRefusedError, CallFailedError:
                await self.set(connector_id, self.max_current_a)
        self._resuming.begin(connector_id)

    async def apply_again(self) -> None:
        """Send the limits in force once more, after a boot or a reconnect."""
        epoch = self._epoch
        for connector_id in tuple(self._owner.book.connectors):
            self.held(connector_id).fresh()
            if self.is_lowered(connector_id):
                await self.raise_again(connector_id)
            else:
                await self._apply(connector_id)
            if epoch != self._epoch:
                return

    @property
    def form(self) -> Form | None:
        """Return the form in which the station takes limits, as far as is known."""
        return self._learning.form

    def is_obeyed(self, connector_id: int) -> bool:
        """Tell whether the station is known to take limits, and not known to ignore them."""
        limit = self.connector(connector_id).limit
        ignored = limit is not None and limit.state in {LimitState.IGNORED, LimitState.REFUSED}
        learning = self._learning
        good = learning.proven or not learning.ignored_forms
        return learning.form is not None and good and not ignored

    def is_lowered(self, connector_id: int) -> bool:
        """Tell whether the station holds a limit that is lower than what is wanted."""
        return connector_id in self._owner.memory.lowered

    async def lower(self, connector_id: int, current_a: float) -> bool:
        """Say a lower limit for the time until a stop, which is not shown; tells whether it counts.

        It does not where a lower one holds already, or something else is wanted meanwhile. `raise_again` ends it, at
        the latest when the station comes back.
        """
        held, limit = self.held(connector_id), self.connector(connector_id).limit
        wish = held.wish
        if limit is not None and limit.current_a is not None and limit.current_a < current_a:
            return True
        async with self._turn:
            if wish != held.wish:
                return False
            self._lowered(connector_id, lowered=True)
            await self._install(connector_id, current_a, known_only=True)
            return True

    async def raise_again(self, connector_id: int) -> None:
        """Put back what is wanted after `lower`; raises nothing."""
        if not self.is_lowered(connector_id) or not self._owner.connected:
            return
        async with self._turn:
            limit = self.connector(connector_id).limit
            try:
                if limit is not None and limit.current_a is not None:
                    await self._install(connector_id, limit.current_a, known_only=True)
                else:
                    await self._lift(connector_id)
            except ChargesteadError as err:
                self.count("lowered_limit_stays")
                _LOGGER.warning(
                    "%s kept the limit it was stopped with: %s", self._owner.station_id, err
                )
                return
            self._lowered(connector_id, lowered=False)

    async def _lift(self, connector_id: int) -> None:
        """Take a limit away; where that is refused, say one that limits nothing."""
        try:
            await self._remove(connector_id)
        except CommandRefusedError, CallFailedError:
            await self._install(connector_id, self.max_current_a, known_only=True)
        else:
            await self._owner.tell_vehicle(connector_id, self.max_current_a)

    def _lowered(self, connector_id: int, *, lowered: bool) -> None:
        present = self._owner.memory.lowered
        if (connector_id in present) is not lowered:
            others = [number for number in present if number != connector_id]
            self._owner.memory.lowered = [*others, connector_id] if lowered else others
            self._owner.keep_memory()

    def session_started(self, connector_id: int) -> None:
        """Make sure that a new session obeys the limit in force."""
        held = self.held(connector_id)
        held.phases = None
        held.fresh()
        limit = self.connector(connector_id).limit
        if limit is None or limit.current_a is None:
            return
        form = self._learning.form
        waits = limit.state in {LimitState.PENDING, LimitState.REFUSED}
        if waits or (form is not None and form.purpose is Purpose.TRANSACTION):
            # The station must have our answer first: it does not know the transaction's id before.
            self.later(connector_id, "apply", _STARTED_S, self.apply_soon)
        else:
            self._watch.begin(connector_id)

    def close(self) -> None:
        """Drop timers; the socket they were meant for is gone."""
        self._epoch += 1
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def held(self, connector_id: int) -> Held:
        """Return what is known of a connector's limit beyond what is shown."""
        return self._held.setdefault(connector_id, Held())

    def connector(self, connector_id: int) -> LiveConnector:
        """Return a connector as it is right now."""
        return self._owner.book.connector(connector_id)

    def later(
        self, connector_id: int, name: str, seconds: float, callback: Callable[[int], None]
    ) -> None:
        """Call back for a connector unless the station goes; one callback of a name at a time."""
        timer = self._timers.pop((connector_id, name), None)
        if timer is not None:
            timer.cancel()

        def due() -> None:
            del self._timers[connector_id, name]
            callback(connector_id)

        self._timers[connector_id, name] = self._clock.call_later(seconds, due)

    def spawn(self, coroutine: Coroutine[object, object, None], name: str) -> None:
        """Run something in the background."""
        self._owner.spawn(coroutine, name)

    def count(self, name: str) -> None:
        """Count one more of something."""
        self._owner.counters.add(name)

    def apply_soon(self, connector_id: int) -> None:
        """Send the limit in force of a connector once more, in the background."""
        self.spawn(self._apply(connector_id), "apply a limit")

    def show(self, connector_id: int, limit: Limit | None) -> None:
        """Show and remember a limit."""
        memory = self._owner.memory.limits
        if write_limit(memory, connector_id, limit, self.held(connector_id).before):
            self._owner.keep_memory()
        if limit == self.connector(connector_id).limit:
            return
        self._owner.book.update_connector(connector_id, limit=limit)
        self._owner.publish(
            LimitChanged(
                station_id=self._owner.station_id, at=self._clock.now(), connector_id=connector_id
            )
        )

    def not_obeyed(self, connector_id: int) -> None:
        """Show that the limit in force is not obeyed."""
        limit = self.connector(connector_id).limit
        if limit is not None:
            self.show(connector_id, replace(limit, state=LimitState.IGNORED))

    async def _want(
        self, connector_id: int, current_a: float, reason: LimitReason, before: Limit | None = None
    ) -> None:
        self._need_online()
        held = self.held(connector_id)
        held.wish += 1
        wish = held.wish
        limit = Limit(current_a=current_a, reason=reason, since=self._clock.now())
        async with self._turn:
            if wish != held.wish:
                self.count("limit_superseded")
                return
            state = await self._install(connector_id, current_a)
            held.before = before
            held.fresh()
            held.may_ask = True
            self._drop(connector_id)
            self.show(connector_id, replace(limit, state=state))
            self._watch.begin(connector_id)

    async def _apply(self, connector_id: int) -> None:
        """Send the limit in force of a connector, as far as the budget goes; raises nothing."""
        limit = self.connector(connector_id).limit
        if limit is None or limit.current_a is None or not self._owner.connected:
            return
        if wait_s := self._budget.take():
            self.count("limit_write_postponed")
            self.later(connector_id, "apply", wait_s, self.apply_soon)
            return
        held = self.held(connector_id)
        wish = held.wish
        async with self._turn:
            if wish != held.wish:
                return
            known_only = self._learning.proven and held.retries == 0
            try:
                state = await self._install(connector_id, limit.current_a, known_only=known_only)
            except ChargesteadError as err:
                self._failed(connector_id, limit, err)
                return
            held.retries = 0
            held.may_ask = not self._learning.proven
            self.show(connector_id, replace(limit, state=state))
            self._watch.begin(connector_id)

    def _failed(self, connector_id: int, limit: Limit, err: ChargesteadError) -> None:
        """Take note that the limit in force did not get through, and try again a little later."""
        if isinstance(err, StationOfflineError):
            return
        if self._learning.doubted and not isinstance(err, StationTimeoutError):
            # Another form was looked for, and there is none: what was accepted before still lies in the station.
            self._learning.settle()
            self._owner.keep_memory()
            return
        _LOGGER.warning(
            "The limit of %s could not be applied again: %s", self._owner.station_id, err
        )
        lost = isinstance(err, StationTimeoutError)
        state = LimitState.PENDING if lost else LimitState.REFUSED
        self.show(connector_id, replace(limit, state=state))
        held = self.held(connector_id)
        if held.retries < len(_RETRIES_S):
            self.later(connector_id, "apply", _RETRIES_S[held.retries], self.apply_soon)
            held.retries += 1

    async def _install(
        self, connector_id: int, current_a: float, *, known_only: bool = False
    ) -> LimitState:
        held = self.held(connector_id)
        state = await self._installer.install(
            connector_id,
            current_a,
            held,
            phases=held.phases or self.phases,
            known_only=known_only,
        )
        await self._owner.tell_vehicle(connector_id, current_a)
        return state

    async def _remove(self, connector_id: int) -> None:
        try:
            await self._owner.command(ClearChargingProfile(profile_id=connector_id))
        except CommandRefusedError as err:
            if err.status.casefold() != "unknown":
                raise

    def _need_online(self) -> None:
        if not self._owner.connected:
            raise StationOfflineError(self._owner.station_id)

    def _drop(self, connector_id: int) -> None:
        """Forget all that was still to be done for a connector."""
        self._resuming.end(connector_id)
        for key in [key for key in self._timers if key[0] == connector_id]:
            self._timers.pop(key).cancel()
