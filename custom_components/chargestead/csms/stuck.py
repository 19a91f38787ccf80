"""Cutting off peers that hold a socket open without reading from it."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from aiohttp import web


class StuckPeerGuard:
    """Aborts a transport whose peer has stopped reading, which no close frame and no polite close ever would.

    A full write buffer, or a socket given up that still is not gone, at two looks in a row is one too many.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        socket: web.WebSocketResponse[Literal[False]],
        interval_s: float,
        tell: Callable[[], None],
    ) -> None:
        """Look every so many real seconds; `tell` is called when a peer is cut off."""
        self._transport = transport
        self._socket = socket
        self._interval_s = interval_s
        self._tell = tell
        self._most = transport.get_write_buffer_limits()[1]
        self._stuck = False
        self._timer: asyncio.TimerHandle

    def __enter__(self) -> Self:
        """Start to look."""
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop to look; what the peer has not taken by now it need not have."""
        self._timer.cancel()
        if self._waiting():
            self._transport.abort()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._look)

    def _waiting(self) -> int:
        """Return how many bytes the peer has not taken; a TLS transport that was closed twice cannot tell."""
        try:
            return self._transport.get_write_buffer_size()
        except AttributeError:
            return 0

    def _look(self) -> None:
        stuck = self._socket.closed or self._waiting() > self._most
        if stuck and self._stuck:
            self._tell()
            self._transport.abort()
            return
        self._stuck = stuck
        self._wait()
