"""Files over FTP, for stations that know nothing else (RFC 959): one server for one file, gone when that is through.

Passive mode only. There are no other files, no folders and no lists: whatever folder or name is asked for, it is this
one file.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from ipaddress import ip_address
import logging
from typing import TYPE_CHECKING, Any, Final, override

from aioftp.common import Connection, StreamIO
from aioftp.server import Server

from ...model.errors import FileRefusal, FileRefusedError
from ..counters import Counters
from .bounds import FileBounds
from .disk import Disk
from .one_file import OneFile, OneFileIO, OneUser, OneUserManager
from .tickets import Ticket, Tickets

if TYPE_CHECKING:
    from .hosting import Door

_COMMON: Final = frozenset(
    {"abor", "cdup", "cwd", "epsv", "pass", "pasv", "pwd", "quit", "syst", "type", "user"}
)
_TAKES: Final = _COMMON | {"stor"}
_GIVES: Final = _COMMON | {"rest", "retr"}
_DATA_CONNECTION_S: Final = 30
_LIBRARY: Final = logging.getLogger("aioftp.server")

type _Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class FtpServer(Server):
    """Serves one ticket to whoever is in the house and knows its password."""

    def __init__(
        self, file: OneFile, counters: Counters, ports: Sequence[int], address: str | None
    ) -> None:
        """Name `address`, where there is one, as the one to open data connections to."""
        bounds = file.bounds
        super().__init__(
            OneUserManager(OneUser(file), counters),
            block_size=64 * 1024,
            socket_timeout=bounds.idle_s,
            wait_future_timeout=_DATA_CONNECTION_S,
            path_io_factory=OneFileIO,
            maximum_connections=bounds.connections,
            ipv4_pasv_forced_response_address=address,
            data_ports=ports or None,
            encoding="latin-1",
            welcome_message="Chargestead",
        )
        commands = _TAKES if file.ticket.source is None else _GIVES
        self.commands_mapping = {
            name: command for name, command in self.commands_mapping.items() if name in commands
        }
        self._counters = counters
        self._login_s = bounds.idle_s

    @override
    async def dispatcher(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not is_near(_address_of(writer)):
            self._counters.add("ftp_stranger")
            writer.close()
            return
        timer = asyncio.get_running_loop().call_later(
            self._login_s, self._hang_up, writer, asyncio.current_task()
        )
        try:
            await super().dispatcher(reader, writer)
        finally:
            timer.cancel()

    @override
    async def response_writer(
        self, stream: StreamIO, response_queue: asyncio.Queue[tuple[object, ...]]
    ) -> None:
        try:
            await super().response_writer(stream, response_queue)
        except ConnectionError, TimeoutError:
            # Nobody listens any more, and nobody would ask after this failure either.
            self._counters.add("ftp_answer_lost")

    def _hang_up(self, writer: asyncio.StreamWriter, task: asyncio.Task[object] | None) -> None:
        """Make room again where somebody does not sign in."""
        for stream, connection in self.connections.items():
            if stream.writer is writer and not connection.future.logged.done() and task is not None:
                self._counters.add("ftp_no_login")
                task.cancel()

    @override
    async def _start_passive_server(
        self, connection: Connection, handler_callback: _Peer
    ) -> asyncio.Server:
        async def same_peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if _address_of(writer) == connection.client_host:
                await handler_callback(reader, writer)
            else:
                self._counters.add("ftp_stranger")
                writer.close()

        return await super()._start_passive_server(connection, same_peer)

    async def finish(self, patience_s: float) -> None:
        """Let nobody else in, let those who are there say goodbye, and close."""
        self.server.close()
        there = [connection._dispatcher for connection in self.connections.values()]  # noqa: SLF001
        if there:
            await asyncio.wait(there, timeout=patience_s)
        await self.close()

    @override
    async def close(self) -> None:
        """Hang up on everybody; whoever does not take what was said to it is not waited for."""
        self.server.close()
        there = [connection._dispatcher for connection in self.connections.values()]  # noqa: SLF001
        for dispatcher in there:
            dispatcher.cancel()
        if there:
            await asyncio.wait(there)
        self.server.abort_clients()
        await super().close()


class FtpService:
    """The FTP servers that run: none, unless a station needs one at this moment."""

    def __init__(
        self, tickets: Tickets, disk: Disk, bounds: FileBounds, counters: Counters
    ) -> None:
        """Start none."""
        self.servers: set[FtpServer] = set()
        self._tickets = tickets
        self._disk = disk
        self._bounds = bounds
        self._counters = counters
        self._ending: set[asyncio.Task[None]] = set()
        self._quiet = _Quiet(counters)

    async def serve(self, ticket: Ticket, door: Door, ports: Sequence[int]) -> int:
        """Serve a ticket until it ends, at the address the station has dialled; returns the port.

        Raises FileRefusedError where none of the ports is free.
        """
        file = OneFile(
            ticket=ticket,
            disk=self._disk,
            bounds=self._bounds,
            counters=self._counters,
            done=self._tickets.done,
        )
        for port in ports or (0,):
            others = [other for other in ports if other != port]
            server = FtpServer(file, self._counters, others, door.ipv4)
            try:
                await server.start(door.local_address, port)
            except OSError:
                continue
            if ticket.ended:
                await server.close()
                raise FileRefusedError(FileRefusal.GONE)
            if not self.servers:
                _LIBRARY.addFilter(self._quiet)
            self.servers.add(server)
            ticket.on_end.append(partial(self._end, server))
            return server.server_port
        raise FileRefusedError(FileRefusal.NO_PORT)

    def _end(self, server: FtpServer) -> None:
        task = asyncio.get_running_loop().create_task(self._finish(server))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _finish(self, server: FtpServer) -> None:
        try:
            await server.finish(self._bounds.linger_s)
        finally:
            self.servers.discard(server)
            if not self.servers:
                _LIBRARY.removeFilter(self._quiet)

    async def close(self) -> None:
        """Wait until those that end have ended; their tickets are to be ended before."""
        for server in tuple(self.servers):
            await server.close()
        if self._ending:
            await asyncio.wait(self._ending)


class _Quiet(logging.Filter):
    """Counts what the library takes for errors: anybody in the house can send nonsense."""

    def __init__(self, counters: Counters) -> None:
        super().__init__()
        self._counters = counters

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        self._counters.add("ftp_broken_off")
        return False


def is_near(address: str) -> bool:
    """Tell whether an address is one of the house, and not of the internet."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_private)


def _address_of(writer: asyncio.StreamWriter) -> str:
    peer: Any = writer.get_extra_info("peername")
    return str(peer[0]) if peer else ""
