"""The local list of one station, as far as its version goes (OCPP 1.6 section 3.5; OCPP 2.0.1 part 2, D)."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..model.commands import (
    Command,
    CommandResult,
    GetLocalListVersion,
    LocalListEntry,
    SendLocalList,
)
from ..model.errors import ChargesteadError
from .fields import integer

if TYPE_CHECKING:
    from .station import ChargingStation


class LocalList:
    """Keeps count of the versions, so that every update has a larger one than all before it."""

    def __init__(self, station: ChargingStation) -> None:
        """Take up what is remembered."""
        self._station = station
        self._turn = asyncio.Lock()

    @property
    def version(self) -> int | None:
        """Return the version the station told or took last, None while that is not known.

        0 means an empty list, -1 (1.6) that the station has no local list.
        """
        return self._station.memory.local_list_version

    async def ask(self) -> CommandResult:
        """Ask the station for its version, known as `version` from then on; raises what `command` raises."""
        return await self._station.command(GetLocalListVersion())

    async def send(
        self, entries: Iterable[LocalListEntry] | None, *, full: bool, version: int | None = None
    ) -> tuple[int, CommandResult]:
        """Replace the list or change it; returns the version given to it, the next one unless one is asked for.

        Raises what `ChargingStation.command` raises; a CommandRefusedError with status `VersionMismatch` means that a
        full update is needed. After any failure the version is not known, and asked for before the next update.
        """
        async with self._turn:
            if version is None:
                if self.version is None:
                    await self.ask()
                version = self._next()
            command = SendLocalList(
                version=version, full=full, entries=None if entries is None else tuple(entries)
            )
            try:
                return version, await self._station.command(command)
            except ChargesteadError:
                self._know(None)
                raise

    def _next(self) -> int:
        return max(self._station.memory.last_local_list_version, self.version or 0, 0) + 1

    def done(self, command: Command, answer: Mapping[str, object]) -> None:
        """Take note of a command the station accepted."""
        match command:
            case SendLocalList(version=version):
                self._know(version)
            case GetLocalListVersion():
                told = integer(answer, "listVersion")
                self._know(integer(answer, "versionNumber") if told is None else told)

    def _know(self, version: int | None) -> None:
        memory = self._station.memory
        last = max(memory.last_local_list_version, version or 0)
        if (memory.local_list_version, memory.last_local_list_version) == (version, last):
            return
        memory.local_list_version, memory.last_local_list_version = version, last
        self._station.keep_memory()
