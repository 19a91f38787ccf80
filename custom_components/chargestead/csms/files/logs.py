"""Logs a station is asked for and brings to us."""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from ...model.commands import CommandResult, RequestLog
from ...model.errors import StationOfflineError
from ...model.events import LogReceived
from .hosting import Hosted
from .intake import Intake
from .protocols import Protocol, chosen
from .shelf import StoredFile, safe, stamped

if TYPE_CHECKING:
    from ..station import ChargingStation

_REMEMBERED: Final = 8
_FAILURES: Final = frozenset(
    {
        "uploadfailed",
        "uploadfailure",
        "badmessage",
        "notsupportedoperation",
        "permissiondenied",
    }
)
"""What a station says when it gives up (1.6 section 7.24; 2.0.1 part 2, UploadLogStatusEnumType)."""


@dataclass(slots=True, eq=False, kw_only=True)
class LogOrder:
    """A log that was asked for; `outcome` is the file, or what the station said or nothing when none came."""

    command: RequestLog
    hosted: Hosted
    outcome: asyncio.Future[StoredFile | str | None]
    result: CommandResult = field(default_factory=partial(CommandResult, status=None, answer={}))

    def settle(self, outcome: StoredFile | str | None) -> None:
        """Tell whoever waits; the first news counts."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class Logs:
    """Asks a station for logs, and keeps what comes."""

    def __init__(self, station: ChargingStation) -> None:
        """Have asked for none."""
        self._station = station
        self._orders: deque[LogOrder] = deque(maxlen=_REMEMBERED)

    async def order(self, command: RequestLog, protocol: Protocol | None = None) -> LogOrder:
        """Ask for a log, to be brought to us by a protocol or by one the station knows; where to is filled in here.

        Raises what `ChargingStation.command` does, and FileRefusedError where there is no place for it.
        """
        station = self._station
        connection = station.connection
        if connection is None:
            raise StationOfflineError(station.station_id)
        door = connection.door
        loop = asyncio.get_running_loop()

        async def keep(intake: Intake, name: str) -> None:
            await self._keep(order, intake, name)

        hosted = await station.around.files.take(
            station.station_id,
            door,
            protocol or chosen(station.state, secure=door.secure),
            keep,
        )
        command = replace(command, location=hosted.location)
        order = LogOrder(command=command, hosted=hosted, outcome=loop.create_future())
        hosted.ticket.on_end.append(lambda: order.settle(None))
        self._orders.append(order)
        try:
            order.result = await station.command(command)
        except BaseException:
            station.around.files.end(hosted)
            raise
        return order

    def stepped(self, status: str, request_id: int | None) -> None:
        """Take note of what a station says of an upload; the place stays open, as it may try again."""
        if status.casefold() not in _FAILURES:
            return
        for order in reversed(self._orders):
            if request_id in (None, order.command.request_id) and not order.outcome.done():
                order.settle(status)
                return

    async def _keep(self, order: LogOrder, intake: Intake, name: str) -> None:
        station, files, kind = self._station, self._station.around.files, order.command.kind
        at = station.clock.now()
        named = safe(name) if name.strip("/") else _announced(order) or "log"
        path = await intake.keep(stamped(at, f"{kind}-{named}"))
        thinned = await files.disk.run(files.logs.thin_out, files.bounds.logs_kept_bytes, path)
        for _ in range(thinned):
            files.counters.add("log_thinned_out")
        file = StoredFile(folder=path.parent.name, name=path.name, size=intake.size, at=at)
        station.publish(
            LogReceived(
                station_id=station.station_id,
                at=at,
                kind=kind,
                folder=file.folder,
                name=file.name,
                size=file.size,
                request_id=order.command.request_id,
            )
        )
        order.settle(file)

    def close(self) -> None:
        """Wait for no log any more."""
        for order in self._orders:
            self._station.around.files.end(order.hosted)


def _announced(order: LogOrder) -> str | None:
    """Return the name of a log as the station's answer has it (1.6 section 6.26, 2.0.1 part 2 GetLogResponse)."""
    answer = order.result.answer
    name = answer.get("fileName") or answer.get("filename")
    return safe(name) if isinstance(name, str) else None
