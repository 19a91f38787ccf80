"""Files over HTTP: taken by PUT and POST, given by GET and HEAD, in parts where that is asked for (RFC 9110)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import logging
from typing import IO, Final
from urllib.parse import unquote

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from ...model.errors import FileRefusal, FileRefusedError
from ..counters import Counters
from .bounds import FileBounds
from .disk import Disk
from .intake import Intake
from .tickets import Ticket, Tickets

_LOGGER = logging.getLogger(__name__)

ROUTE: Final = "/files/{token}"
ROUTE_WITH_NAME: Final = "/files/{token}/{name:.*}"

_BLOCK: Final = 128 * 1024
_MOST_PARTS: Final = 16
_TAKES: Final = ("PUT", "POST")
_GIVES: Final = ("GET", "HEAD")
_STATUS: Final[Mapping[FileRefusal, int]] = {
    FileRefusal.BUSY: 409,
    FileRefusal.DISK_FAILED: 500,
    FileRefusal.DISK_FULL: 507,
    FileRefusal.EMPTY: 400,
    FileRefusal.GONE: 404,
    FileRefusal.SLOW: 408,
    FileRefusal.TOO_LARGE: 413,
    FileRefusal.UNREADABLE: 400,
}


class FileDoor:
    """Answers requests for files; a token is the only key there is."""

    def __init__(
        self, tickets: Tickets, disk: Disk, bounds: FileBounds, counters: Counters
    ) -> None:
        """Serve the tickets that are out."""
        self._tickets = tickets
        self._disk = disk
        self._bounds = bounds
        self._counters = counters

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, whatever it is."""
        ticket = self._tickets.find(request.match_info["token"])
        if ticket is None:
            self._counters.add("file_unknown")
            return _plain(404)
        methods = _TAKES if ticket.source is None else _GIVES
        if request.method not in methods:
            self._counters.add("file_wrong_method")
            return _plain(405, {"Allow": ", ".join(methods)})
        try:
            async with self._using(ticket) as patience:
                if ticket.source is not None:
                    return await self._give(request, ticket, patience)
                response = await self._take(request, ticket, patience)
            self._tickets.done(ticket)
        except TimeoutError:
            reason = FileRefusal.GONE if ticket.ended else FileRefusal.SLOW
        except FileRefusedError as refusal:
            reason = refusal.reason
        except HttpProcessingError, ValueError, web.HTTPException:
            reason = FileRefusal.UNREADABLE
        except ConnectionError, asyncio.CancelledError:
            self._counters.add("file_broken_off")
            raise
        except Exception:
            _LOGGER.exception("Unexpected error in a file of %s", ticket.station_id)
            reason = FileRefusal.DISK_FAILED
        else:
            return response
        self._counters.add(f"file_{reason}")
        return await self._refuse(request, _STATUS.get(reason, 500))

    @asynccontextmanager
    async def _using(self, ticket: Ticket) -> AsyncIterator[asyncio.Timeout]:
        """Use a ticket, not longer than it is valid; the time-out is to be put off whenever something happens."""
        ticket.enter(self._bounds)
        try:
            async with asyncio.timeout(self._bounds.idle_s) as patience:
                ticket.watch(patience)
                try:
                    yield patience
                finally:
                    ticket.unwatch(patience)
        finally:
            ticket.leave()

    def _heard(self, patience: asyncio.Timeout) -> None:
        patience.reschedule(asyncio.get_running_loop().time() + self._bounds.idle_s)

    async def _take(
        self, request: web.Request, ticket: Ticket, patience: asyncio.Timeout
    ) -> web.StreamResponse:
        if ticket.folder is None or ticket.keep is None or "Content-Range" in request.headers:
            raise FileRefusedError(FileRefusal.UNREADABLE)
        intake = Intake(
            self._disk,
            ticket.folder,
            most_bytes=ticket.most_bytes,
            reserve_bytes=self._bounds.disk_reserve_bytes,
        )
        try:
            await intake.open(request.content_length or 0)
            name = unquote(request.match_info.get("name", ""), errors="replace")
            async for chunk, part in _content(request):
                self._heard(patience)
                name = part or name
                await intake.write(chunk)
            if intake.size == 0:
                raise FileRefusedError(FileRefusal.EMPTY)
            await ticket.keep(intake, name)
        finally:
            intake.drop()
        self._counters.add("file_taken")
        return web.Response(status=201)

    async def _give(
        self, request: web.Request, ticket: Ticket, patience: asyncio.Timeout
    ) -> web.StreamResponse:
        size, tag = ticket.most_bytes, f'"{ticket.token[:16]}"'
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
            "ETag": tag,
            "Cache-Control": "no-store",
        }
        start, end = 0, size
        status = 200
        part = _wanted(request, size, tag)
        if part is not None:
            start, end = part
            if start >= end:
                self._counters.add("file_bad_range")
                return _plain(416, {"Content-Range": f"bytes */{size}"})
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = end - start
        if request.method == "HEAD":
            await response.prepare(request)
            return response
        file = await self._disk.run(_opened, ticket)
        try:
            await response.prepare(request)
            while start < end:
                block = await self._disk.run(_read, file, start, min(_BLOCK, end - start))
                if not block:
                    # It became shorter meanwhile; what was promised cannot be kept.
                    raise ConnectionResetError
                await response.write(block)
                self._heard(patience)
                ticket.passed(start, start + len(block))
                start += len(block)
            await response.write_eof()
        except asyncio.CancelledError:
            _hang_up(request)
            raise
        except OSError as error:
            _hang_up(request)
            raise ConnectionResetError from error
        finally:
            self._disk.later(file.close)
        if ticket.complete:
            self._counters.add("file_given")
            self._tickets.done(ticket)
        return response

    async def _refuse(self, request: web.Request, status: int) -> web.StreamResponse:
        """Answer, and take in a little of what may still come, so that the answer is heard."""
        response = _plain(status)
        if request.transport is None or request.transport.is_closing():
            return response
        if not request.can_read_body or request.content.at_eof():
            return response
        await response.prepare(request)
        await response.write_eof()
        taken = 0
        try:
            async with asyncio.timeout(self._bounds.linger_s):
                async for chunk in request.content.iter_any():
                    taken += len(chunk)
                    if taken > self._bounds.linger_bytes:
                        break
        except TimeoutError, HttpProcessingError, ValueError, ConnectionError:
            self._counters.add("file_rest_lost")
        return response


async def _content(request: web.Request) -> AsyncIterator[tuple[bytes, str | None]]:
    """Yield the file that a request brings: its body, or in a form the first part that has a file name."""
    if not request.content_type.startswith("multipart/"):
        async for chunk in request.content.iter_any():
            yield chunk, None
        return
    reader = await request.multipart()
    for _ in range(_MOST_PARTS):
        part = await reader.next()
        if part is None:
            return
        if isinstance(part, BodyPartReader) and part.filename is not None:
            while chunk := await part.read_chunk(_BLOCK):
                yield chunk, part.filename
            return
        await part.release()
    raise FileRefusedError(FileRefusal.UNREADABLE)


def _wanted(request: web.Request, size: int, tag: str) -> tuple[int, int] | None:
    """Return the part that is asked for, empty where there is no such; None where all of it is (section 14.2)."""
    if request.headers.get("If-Range", tag) != tag:
        return None
    try:
        wanted = request.http_range
    except ValueError:
        # Several parts, or something that is no range: it may be left out of account.
        return None
    if wanted.start is None:
        return None
    start, end, _ = wanted.indices(size)
    return (start, end) if wanted.start < size else (size, size)


def _opened(ticket: Ticket) -> IO[bytes]:
    if ticket.source is None:
        raise FileRefusedError(FileRefusal.GONE)
    try:
        return ticket.source.open("rb")
    except OSError as error:
        raise FileRefusedError(FileRefusal.DISK_FAILED, str(error)) from error


def _read(file: IO[bytes], start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def _hang_up(request: web.Request) -> None:
    """End a connection over which half an answer went: nothing else tells of that."""
    if request.transport is not None:
        request.transport.abort()


def _plain(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    response = web.Response(status=status, headers=headers)
    response.force_close()
    return response
