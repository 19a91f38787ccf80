"""Keeping the local list of a station in step with the tokens of the drivers.

OCPP 1.6 sections 3.5.2 and 5.15; OCPP 2.0.1 part 2, D01 and D02.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import orjson

from ..model.clock import Timer
from ..model.commands import LocalListEntry, SendLocalList
from ..model.driver import LONGEST_TOKEN, DriverToken
from ..model.errors import CallFailedError, CommandRefusedError, StationTimeoutError
from .list_entries import entry_of, kept_as
from .setup import whole_number
from .write_budget import WriteBudget

if TYPE_CHECKING:
    from .station import ChargingStation

_MOST_TRIES: Final = 3
_AGAIN_S: Final = 300
_SETTLE_S: Final = 5
_ENTRIES_PER_MESSAGE: Final = 20
_NONE_THERE: Final = frozenset({"notsupported", "notimplemented"})

type Kept = Mapping[str, list[str | None]]


class LocalListKeeper:
    """Sends what changed, and everything where it is not certain what the station has.

    What the station took is remembered together with the version it was given: a station that tells that very version
    has that very list. Every message counts against a budget of its own, so that a long list wears nobody's flash out,
    and holds up no limit. A house without drivers leaves all lists alone.
    """

    def __init__(self, station: ChargingStation) -> None:
        """Act on one station."""
        self._station = station
        self._budget = WriteBudget(station.clock)
        self._timer: Timer | None = None
        self._running = self._again = self._told_none = False
        self._tries = 0

    async def greet(self) -> None:
        """Compare versions with a station that has come."""
        self._tries, self._told_none = 0, False
        await self._keep(ask=True)

    def changed(self) -> None:
        """Take note that drivers or options changed, and act when no more changes follow at once."""
        self._tries = 0
        if self._station.connected:
            self._later(_SETTLE_S)

    def close(self) -> None:
        """Drop what was to be done."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _later(self, seconds: float) -> None:
        self.close()
        self._timer = self._station.clock.call_later(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        self._station.spawn(self._keep(ask=False), "keep the local list")

    async def _keep(self, *, ask: bool) -> None:
        """Bring the list in step, one attempt after the other."""
        if self._running:
            self._again = True
            return
        self._running = True
        try:
            await self._compare(ask=ask)
        except StationTimeoutError:
            self._station.counters.add("local_list_unanswered")
            self._tries += 1
            if self._tries < _MOST_TRIES:
                self._later(_AGAIN_S)
        finally:
            self._running = False
        if self._again:
            self._again = False
            self._later(_SETTLE_S)

    async def _compare(self, *, ask: bool) -> None:
        station, memory = self._station, self._station.memory
        wanted = self._wanted()
        if wanted is None or (not wanted and memory.local_list is None):
            return
        if ask or station.local_list.version is None:
            try:
                await station.local_list.ask()
            except (CallFailedError, CommandRefusedError) as err:
                self._refused(err)
                return
        version = station.local_list.version
        if version is None or version < 0:
            station.counters.add("local_list_off")
            self._told_none = True
            return
        while not self._told_none and await self._send_some(wanted):
            pass

    async def _send_some(self, wanted: Kept) -> bool:
        """Send one message, if anything differs and the budget allows; tells whether to go on."""
        station, memory = self._station, self._station.memory
        full = not self._in_step()
        present = {} if full else dict(memory.local_list or {})
        changed = {key: item for key, item in wanted.items() if present.get(key) != item}
        gone = [key for key in present if key not in wanted]
        if not full and not changed and not gone:
            return False
        if wait_s := self._budget.take():
            station.counters.add("local_list_held_back")
            self._later(wait_s)
            return False
        entries = [entry_of(key, present[key], removed=True) for key in gone]
        entries += [entry_of(key, item) for key, item in changed.items()]
        entries = self._that_fit(entries, full=full)
        try:
            version, _ = await station.local_list.send(entries, full=full)
        except (CallFailedError, CommandRefusedError) as err:
            return self._refused(err)
        for entry in entries:
            if entry.status is None:
                present.pop(entry.id_token, None)
            else:
                present[entry.id_token] = changed[entry.id_token]
        memory.local_list, memory.local_list_kept = present, version
        station.keep_memory()
        self._tries = 0
        return True

    def _refused(self, err: CallFailedError | CommandRefusedError) -> bool:
        """Take a refusal; tells whether a full update is worth another try."""
        status = err.code if isinstance(err, CallFailedError) else err.status
        self._station.counters.add("local_list_refused")
        self._tries += 1
        # Whatever it has now, it is not what is remembered.
        self._station.memory.local_list_kept = None
        self._station.keep_memory()
        if status.strip().casefold() in _NONE_THERE:
            self._told_none = True
        elif self._tries >= _MOST_TRIES:
            self._station.counters.add("local_list_given_up")
        return not self._told_none and self._tries < _MOST_TRIES

    def _in_step(self) -> bool:
        """Tell whether the station has what is remembered; an empty list goes without a version (D02)."""
        memory = self._station.memory
        if memory.local_list is None or memory.local_list_kept is None:
            return False
        version = memory.local_list_version
        return version == memory.local_list_kept or (version == 0 and not memory.local_list)

    def _wanted(self) -> Kept | None:
        """Return what the list shall be; None where the house or the station has none."""
        station = self._station
        configuration = station.state.configuration
        if not station.around.site().local_lists or self._told_none:
            return None
        enabled = configuration.get("LocalAuthListEnabled")
        available = configuration.get("LocalAuthListCtrlr.Available")
        if (
            enabled is None
            or (enabled.value or "").strip().lower() != "true"
            or (available is not None and (available.value or "").strip().lower() == "false")
        ):
            return None
        tokens: list[DriverToken] = [
            token for token in station.authorization.tokens if self._fits(token.id_token)
        ]
        most = whole_number(configuration.get("LocalAuthListMaxLength"))
        if 0 < most < len(tokens):
            station.counters.add("local_list_too_short")
            tokens = tokens[:most]
        return {token.id_token: kept_as(token, self._fits) for token in tokens}

    def _fits(self, text: str) -> bool:
        return len(text) <= LONGEST_TOKEN[self._station.adapter.version]

    def _that_fit(self, entries: list[LocalListEntry], *, full: bool) -> list[LocalListEntry]:
        """Return the first entries, as many as the station takes in one message."""
        configuration = self._station.state.configuration
        most = whole_number(
            configuration.get("SendLocalListMaxLength")
            or configuration.get("LocalAuthListCtrlr.ItemsPerMessage")
        )
        entries = entries[: most if most > 0 else _ENTRIES_PER_MESSAGE]
        longest = whole_number(configuration.get("LocalAuthListCtrlr.BytesPerMessage"))
        while longest > 0 and len(entries) > 1 and self._size(entries, full=full) > longest:
            entries = entries[: len(entries) // 2]
        return entries

    def _size(self, entries: list[LocalListEntry], *, full: bool) -> int:
        command = SendLocalList(version=2**31 - 1, full=full, entries=tuple(entries))
        return len(orjson.dumps(self._station.adapter.request(command).payload))
