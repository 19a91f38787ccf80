"""The station-facing port: upgrades to OCPP-J, and files; nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
import logging
import ssl
from typing import Any, Final, Literal, override

from aiohttp import WSCloseCode, web

from ..model.config import ServerConfig
from ..model.station import OcppVersion
from .access import credentials, station_id_of
from .bounds import Bounds
from .counters import Counters
from .files import Door
from .files.http import ROUTE, ROUTE_WITH_NAME
from .refusal import Refused
from .security.admission import Admission, Approach
from .security.tls import shown_certificate
from .stuck import StuckPeerGuard

_LOGGER = logging.getLogger(__name__)

_PREFERRED: Final = (OcppVersion.V21, OcppVersion.V201, OcppVersion.V16)


type Admit = Callable[[Approach], Awaitable[Admission]]
"""Decides on whoever dials in: whom to serve, or raises Refused."""

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

type Versions = Callable[[str], tuple[OcppVersion, ...]]
"""Returns the versions a station is to speak, best first; none means all of them in our own order."""

type Serve = Callable[
    [Admission, OcppVersion, Door, web.WebSocketResponse[Literal[False]]], Awaitable[None]
]


class _Noise(logging.LoggerAdapter[logging.Logger]):
    """Counts what is not even HTTP; anybody can send it, so it is no error of ours."""

    def __init__(self, counters: Counters) -> None:
        """Count in `counters`."""
        super().__init__(_LOGGER)
        self._counters = counters

    @override
    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        self.debug(msg, *args, exc_info=True)

    @override
    def debug(self, msg: object, *args: object, **kwargs: Any) -> None:
        if kwargs.get("exc_info"):
            self._counters.add("bad_http")
        super().debug(msg, *args, **kwargs)

    @override
    def process(
        self, msg: object, kwargs: MutableMapping[str, Any]
    ) -> tuple[object, MutableMapping[str, Any]]:
        return msg, kwargs


class _TurnedAway(asyncio.Protocol):
    """Hangs up at once."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class StationServer:
    """One aiohttp application on its own port (OCPP-J 1.6 section 3)."""

    def __init__(
        self, admit: Admit, versions: Versions, serve: Serve, files: Handler, bounds: Bounds
    ) -> None:
        """Hand accepted sockets to `serve`, which returns when the socket is closed, requests for files to `files`."""
        self.counters = Counters()
        self.port = 0
        self.open = 0
        self._admit = admit
        self._versions = versions
        self._serve = serve
        self._files = files
        self._bounds = bounds
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    async def start(self, config: ServerConfig, tls: ssl.SSLContext | None) -> None:
        """Listen; raises OSError when the port or address cannot be bound."""

        @web.middleware
        async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                # No route leads there, and nobody who asks for it need stay.
                self.counters.add("no_route")
                return _refusal(error.status)

        application = web.Application(middlewares=[door])
        application.router.add_route("*", ROUTE, self._file)
        application.router.add_route("*", ROUTE_WITH_NAME, self._file)
        application.router.add_route("*", "/{path:.*}", self._get)
        runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=2,
            handler_cancellation=True,
            keepalive_timeout=self._bounds.handshake_s,
            lingering_time=0,
            logger=_Noise(self.counters),
        )
        await runner.setup()
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                lambda: self._protocol(runner),
                config.bind_address,
                config.port,
                ssl=tls,
                ssl_handshake_timeout=self._bounds.handshake_s if tls else None,
                reuse_address=True,
            )
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = self._listener.sockets[0].getsockname()[1]

    def _protocol(self, runner: web.AppRunner) -> asyncio.Protocol:
        """Take a TCP connection, of which twice as many may be in the door as may be served."""
        server = runner.server
        if server is None or len(server.connections) >= 2 * self._bounds.connections:
            self.counters.add("tcp_full")
            return _TurnedAway()
        return server()

    def close_door(self) -> None:
        """Stop listening; what is open stays open."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def stop(self) -> None:
        """Stop listening and end what is left."""
        self.close_door()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _file(self, request: web.Request) -> web.StreamResponse:
        # A station may well dial in below a path that is called like ours.
        return await (self._get(request) if _upgrades(request) else self._files(request))

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if not _upgrades(request):
            self.counters.add("no_websocket")
            return _refusal(426, "OCPP-J over websocket only\n")
        if self.open >= self._bounds.connections:
            self.counters.add("connections_full")
            return _refusal(503)
        self.open += 1
        try:
            return await self._enter(request)
        except Refused as refusal:
            reason, status, headers = refusal.reason, refusal.status, refusal.headers
        except web.HTTPException:
            reason, status, headers = "bad_handshake", 400, None
        except ConnectionError:
            reason, status, headers = "gone_in_handshake", 400, None
        except Exception:
            _LOGGER.exception("Unexpected error at the door")
            reason, status, headers = "internal_error", 500, None
        finally:
            self.open -= 1
        self.counters.add(reason)
        return _refusal(status, headers=headers)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        given = credentials(request.headers.get("Authorization"))
        dialled = station_id_of(
            request.rel_url.raw_path,
            given[0] if given else None,
            request.remote,
            self._bounds.station_id_length,
        )
        if dialled is None:
            raise Refused(400, "bad_id")
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        tls = transport.get_extra_info("ssl_object")
        admission = await self._admit(
            Approach(
                dialled=dialled,
                login=given,
                address=request.remote,
                encrypted=tls is not None,
                certificate=shown_certificate(tls),
                version=_chosen(_offered(request), self._versions(dialled)),
            )
        )
        return await self._upgrade(request, transport, admission)

    async def _upgrade(
        self, request: web.Request, transport: asyncio.Transport, admission: Admission
    ) -> web.StreamResponse:
        offered = _offered(request)
        version = _chosen(offered, self._versions(admission.station_id))
        socket: web.WebSocketResponse[Literal[False]] = web.WebSocketResponse(
            protocols=(version,) if offered and version is not None else (),
            heartbeat=self._bounds.ping_interval_s if version is not None else None,
            timeout=self._bounds.close_s,
            autoping=False,
            decode_text=False,
            compress=False,
            max_msg_size=self._bounds.message_bytes,
        )
        await socket.prepare(request)
        look_s = self._bounds.ping_interval_s / 2
        with StuckPeerGuard(transport, socket, look_s, lambda: self.counters.add("peer_stuck")):
            if version is None:
                self.counters.add("no_common_version")
                await socket.close(
                    code=WSCloseCode.PROTOCOL_ERROR, message=b"no common OCPP version"
                )
                return socket
            try:
                await self._serve(admission, version, Door.of(request), socket)
            except Refused as refusal:
                self.counters.add(refusal.reason)
                transport.abort()
            except Exception:
                _LOGGER.exception("Unexpected error in serving %s", admission.station_id)
                self.counters.add("internal_error")
                transport.abort()
            finally:
                if transport.is_closing():
                    # A socket that broke off still has a heartbeat running, which this ends.
                    await socket.close(drain=False)
        return socket


def _upgrades(request: web.Request) -> bool:
    return request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket"


def _refusal(
    status: int, text: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    response = web.Response(status=status, text=text, headers=headers)
    response.force_close()
    return response


def _offered(request: web.Request) -> list[str]:
    header = request.headers.get("Sec-WebSocket-Protocol", "")
    return [name for part in header.split(",") if (name := part.strip())]


def _chosen(offered: list[str], versions: tuple[OcppVersion, ...]) -> OcppVersion | None:
    """Return the version to speak: our best among those offered, None where there is none in common.

    Old stations offer nothing; they speak 1.6, or what was set for them (OCPP-J 1.6 section 3.1.2).
    """
    if not offered:
        return versions[0] if versions else OcppVersion.V16
    return next((version for version in versions or _PREFERRED if version in offered), None)
