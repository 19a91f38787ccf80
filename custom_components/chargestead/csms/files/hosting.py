"""The files we host: where a station is to take one to or fetch one from, and what becomes of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
import re
from typing import Final, Self

from aiohttp import web

from ...model.clock import Clock
from ...model.config import SiteConfig
from ...model.errors import FileRefusal, FileRefusedError
from ..counters import Counters
from .bounds import DEFAULT_FILE_BOUNDS, FileBounds
from .disk import Disk
from .ftp import FtpService
from .http import FileDoor
from .intake import Intake
from .protocols import Protocol
from .shelf import Shelf, safe
from .tickets import Ticket, Tickets

_NETLOC: Final = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]{1,253}))(?::\d{1,5})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How a station reached us, which is how it reaches us for files too.

    `address` is its own. `netloc` is the host and port it dialled, `host` the host alone; `local_address` is ours at
    which it came in.
    """

    address: str | None
    netloc: str
    host: str
    local_address: str
    secure: bool = False

    @classmethod
    def of(cls, request: web.Request) -> Self:
        """Return the door a request came in by."""
        transport = request.transport
        sockname = transport.get_extra_info("sockname") if transport is not None else None
        address, port = (str(sockname[0]), int(sockname[1])) if sockname else ("127.0.0.1", 0)
        local = address.partition("%")[0].removeprefix("::ffff:")
        dialled = request.headers.get("Host", "")
        match = _NETLOC.fullmatch(dialled)
        if match is None:
            bracketed = f"[{local}]" if ":" in local else local
            dialled, host = f"{bracketed}:{port}", local
        else:
            host = match["v6"] or match["host"]
        forwarded = request.headers.get("X-Forwarded-Proto", "").lower()
        return cls(
            address=request.remote,
            netloc=dialled,
            host=host,
            local_address=local,
            secure=request.secure or forwarded in {"https", "wss"},
        )

    @property
    def ipv4(self) -> str | None:
        """Return the host where it is an address that FTP can name."""
        try:
            return str(IPv4Address(self.host))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """A place for one file; the location is what the station is told."""

    ticket: Ticket
    location: str
    protocol: Protocol


class FileHosting:
    """Takes logs and gives firmware; nothing is hosted where the site has no folder for it."""

    def __init__(
        self,
        clock: Clock,
        site: Callable[[], SiteConfig],
        bounds: FileBounds = DEFAULT_FILE_BOUNDS,
    ) -> None:
        """Host below the folder of the site, which also says what ports FTP may use."""
        self.counters = Counters()
        self.bounds = bounds
        self.disk = Disk()
        self._site = site
        self._clock = clock
        self._tickets = Tickets(clock, bounds)
        self._ftp = FtpService(self._tickets, self.disk, bounds, self.counters)
        self.door = FileDoor(self._tickets, self.disk, bounds, self.counters)
        self._cleaned = False

    @property
    def logs(self) -> Shelf:
        """Return where logs lie."""
        return Shelf(self._folder / "logs")

    @property
    def firmware(self) -> Shelf:
        """Return where firmware lies."""
        return Shelf(self._folder / "firmware")

    @property
    def _folder(self) -> Path:
        folder = self._site().folder
        if folder is None:
            raise FileRefusedError(FileRefusal.DISK_FAILED, "no folder")
        return folder

    def intake(self, folder: Path, most_bytes: int) -> Intake:
        """Return how to take a file that comes from elsewhere."""
        return Intake(
            self.disk, folder, most_bytes=most_bytes, reserve_bytes=self.bounds.disk_reserve_bytes
        )

    async def take(
        self,
        station_id: str,
        door: Door,
        protocol: Protocol,
        keep: Callable[[Intake, str], Awaitable[None]],
    ) -> Hosted:
        """Return where a station may take one log; raises FileRefusedError."""
        await self._clean_up()
        ticket = Ticket(
            station_id=station_id,
            most_bytes=self.bounds.log_bytes,
            folder=self.logs.folder(station_id),
            keep=keep,
        )
        return await self._host(ticket, door, protocol, self.bounds.log_s)

    async def give(
        self,
        station_id: str,
        door: Door,
        protocol: Protocol,
        source: Path,
        name: str,
        advanced: Callable[[int], None],
        token: str | None = None,
    ) -> Hosted:
        """Return where a station may fetch one file, by a token it may know already; raises FileRefusedError."""
        try:
            size = (await self.disk.run(source.stat)).st_size
        except OSError as error:
            raise FileRefusedError(FileRefusal.NOT_FOUND, str(error)) from error
        ticket = Ticket(
            station_id=station_id,
            most_bytes=size,
            source=source,
            name=safe(name),
            advanced=advanced,
        )
        if token is not None:
            ticket.token = token
        return await self._host(ticket, door, protocol, self.bounds.firmware_s)

    async def _host(self, ticket: Ticket, door: Door, protocol: Protocol, seconds: float) -> Hosted:
        self._tickets.issue(ticket, seconds)
        if protocol is Protocol.HTTP:
            scheme = "https" if door.secure else "http"
            location = f"{scheme}://{door.netloc}/files/{ticket.token}/{ticket.name}"
        else:
            try:
                port = await self._ftp.serve(ticket, door, self._site().ftp_ports)
            except BaseException:
                self._tickets.end(ticket)
                raise
            host = f"[{door.host}]" if ":" in door.host else door.host
            location = f"ftp://{ticket.user}:{ticket.password}@{host}:{port}/{ticket.name}"
        return Hosted(ticket=ticket, location=location, protocol=protocol)

    def end(self, hosted: Hosted) -> None:
        """Let a place be of no use any more."""
        self._tickets.end(hosted.ticket)

    async def _clean_up(self) -> None:
        """Once, remove what a power cut left behind."""
        if not self._cleaned:
            self._cleaned = True
            for _ in range(await self.disk.run(self.logs.clean_up)):
                self.counters.add("file_left_behind")

    async def close(self) -> None:
        """Break off all transfers."""
        self._tickets.close()
        await self._ftp.close()
        await self.disk.close()

    def diagnostics(self) -> dict[str, object]:
        """Return what helps to understand the transfers; not redacted."""
        return {
            "counters": self.counters.as_dict(),
            "open": len(self._tickets),
            "ftp_servers": len(self._ftp.servers),
        }
