"""The station's end of the WebSocket: dialling, framing, one call in flight."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
import json
import random
import ssl
from typing import Any, Final, Protocol
from urllib.parse import quote
import uuid

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from .clock import Clock, TimerHandle
from .frames import CALL, ERROR, RESULT, FrameLog, parse
from .personality import Personality
from .schedule import Json

MAX_FRAME: Final = 1 << 20


class CallError(Exception):
    """A CALLERROR, received or to be sent."""

    def __init__(self, code: str, description: str = "") -> None:
        """Keep the code and the description."""
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description


class OfflineError(ConnectionError):
    """There is no connection, or it went away before the answer came."""


class UnansweredError(TimeoutError):
    """The central system did not answer in time."""


type Call = Callable[[str, Json], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and what to do once it has been sent."""

    payload: Json
    then: Callable[[], None] | None = None


class Owner(Protocol):
    """What a link needs of its station."""

    def answer(self, action: str, payload: Json) -> Reply | None:
        """Answer a call; None for silence; raise CallError to refuse."""

    def connected(self) -> None:
        """Take note of a new connection."""

    def disconnected(self) -> None:
        """Take note of the loss of the connection."""

    def go(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside everything else."""


class Link:
    """One WebSocket connection after another, for as long as it is allowed."""

    def __init__(
        self,
        *,
        owner: Owner,
        url: str,
        station_id: str,
        clock: Clock,
        log: FrameLog,
        personality: Personality,
        rng: random.Random,
        context: ssl.SSLContext | None,
        backoff: tuple[float, float],
        response_timeout: Callable[[], float],
        subprotocol: str,
    ) -> None:
        """Prepare to dial `url`/`station_id`."""
        self.url = f"{url.rstrip('/')}/{quote(station_id, safe='')}"
        self.password = b""
        self.context = context
        self.refused: str | None = None
        self.dials = 0
        self.pings = 0
        self._owner = owner
        self._station_id = station_id
        self._clock = clock
        self._log = log
        self._personality = personality
        self._rng = rng
        self._backoff = backoff
        self._response_timeout = response_timeout
        self._subprotocol = Subprotocol(subprotocol)
        self._socket: ClientConnection | None = None
        self._allowed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._turn = asyncio.Lock()
        self._calls = 0
        self._pending: tuple[str, asyncio.Future[Json]] | None = None
        self._ping: TimerHandle | None = None
        self._pong: asyncio.Future[float] | None = None

    @property
    def online(self) -> bool:
        """Return whether there is a connection."""
        return self._socket is not None and self._allowed.is_set()

    @property
    def calling(self) -> bool:
        """Return whether a call waits for its turn or its answer."""
        return self._calls > 0

    def allow(self) -> None:
        """Dial, now and after every loss."""
        self._allowed.set()
        self._hurry.set()

    def forbid(self) -> None:
        """Do not dial any more."""
        self._allowed.clear()

    async def close(self, *, abrupt: bool = False, code: int = 1000) -> None:
        """Close the connection; `abrupt` just lets go of the cable."""
        socket = self._socket
        if socket is None:
            return
        with self._clock.busy(f"{self._station_id} closing"):
            if abrupt:
                socket.transport.abort()
                await socket.wait_closed()
            else:
                await socket.close(code)

    async def run(self) -> None:
        """Dial, serve, and dial again."""
        failures = 0
        while True:
            await self._allowed.wait()
            self._hurry.clear()
            socket = await self._dial()
            if socket is None:
                failures += 1
            else:
                failures = 0
                await self._serve(socket)
            if self._allowed.is_set():
                await self._pause(failures)

    async def call(self, action: str, payload: Json) -> Json:
        """Call the central system and return its answer.

        Raises OfflineError, UnansweredError, or CallError when it answered with one.
        """
        self._calls += 1
        try:
            with self._clock.busy(f"{self._station_id} {action}"):
                async with self._turn:
                    return await self._exchange(action, payload)
        finally:
            self._calls -= 1
            self._log.signal.notify()

    async def send_text(self, text: str) -> None:
        """Send a text, whatever it is."""
        socket = self._socket
        if socket is None:
            raise OfflineError(text[:40])
        self._record(text, sent=True)
        try:
            await socket.send(text)
        except ConnectionClosed as error:
            raise OfflineError(text[:40]) from error

    def keep_alive(self, interval: float) -> None:
        """Ping every `interval` seconds, 0 for never, and hang up on a dead peer."""
        if self._ping is not None:
            self._ping.cancel()
            self._ping = None
        if interval > 0:
            self._ping = self._clock.call_later(
                interval, lambda: self._owner.go(self._pinging(interval))
            )

    async def _exchange(self, action: str, payload: Json) -> Json:
        if not self.online:
            raise OfflineError(action)
        message_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        answer: asyncio.Future[Json] = asyncio.Future()
        self._pending = (message_id, answer)
        deadline = self._clock.call_later(self._response_timeout(), lambda: _fail(answer, action))
        try:
            await self.send_text(_dump([CALL, message_id, action, payload]))
            return await answer
        finally:
            deadline.cancel()
            self._pending = None

    async def _pinging(self, interval: float) -> None:
        socket = self._socket
        if socket is None:
            return
        if self._pong is not None and not self._pong.done():
            self._pong = None
            await self.close(abrupt=True)
            return
        try:
            self._pong = asyncio.ensure_future(await socket.ping())
            self.pings += 1
        except ConnectionClosed:
            return
        self._pong.add_done_callback(lambda pong: pong.cancelled() or pong.exception())
        self.keep_alive(interval)

    async def _dial(self) -> ClientConnection | None:
        self.dials += 1
        headers = {}
        if self.password:
            secret = self._station_id.encode() + b":" + self.password
            headers["Authorization"] = f"Basic {b64encode(secret).decode()}"
        offered = [self._subprotocol] if self._personality.offers_subprotocol else None
        with self._clock.busy(f"{self._station_id} dialling"):
            try:
                return await connect(
                    self.url,
                    subprotocols=offered,
                    additional_headers=headers,
                    ssl=self.context,
                    proxy=None,
                    compression=None,
                    ping_interval=None,
                    max_size=MAX_FRAME,
                    open_timeout=30,
                    close_timeout=2,
                )
            except (OSError, InvalidHandshake, TimeoutError) as error:
                self.refused = str(error)
                return None

    async def _serve(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.refused = None
        self._clock.touch()
        self._owner.connected()
        try:
            async for message in socket:
                await self._receive(message if isinstance(message, str) else "")
        except ConnectionClosed, OfflineError:
            pass
        finally:
            self._socket = None
            self._pong = None
            self.keep_alive(0)
            if self._pending is not None and not self._pending[1].done():
                self._pending[1].set_exception(OfflineError("connection lost"))
            self._owner.disconnected()
            self._clock.touch()
            await socket.close()

    async def _receive(self, text: str) -> None:
        self._record(text, sent=False)
        kind, message_id, action, payload = parse(text)
        if kind == CALL:
            delay = self._personality.answer_delay
            if delay > 0:
                self._owner.go(self._answer_later(delay, message_id, action, payload))
            else:
                await self._answer(message_id, action, payload)
        elif self._pending is not None and self._pending[0] == message_id:
            answer = self._pending[1]
            if answer.done():
                return
            if kind == RESULT:
                answer.set_result(payload)
            else:
                code, description = str(payload["code"]), str(payload["description"])
                answer.set_exception(CallError(code, description))

    async def _answer_later(
        self, delay: float, message_id: str, action: str, payload: Json
    ) -> None:
        await self._clock.sleep(delay)
        try:
            await self._answer(message_id, action, payload)
        except OfflineError:
            return

    async def _answer(self, message_id: str, action: str, payload: Json) -> None:
        then = None
        try:
            reply = self._owner.answer(action, payload)
        except CallError as error:
            frame = [ERROR, message_id, error.code, error.description, {}]
        else:
            if reply is None:
                return
            frame = [RESULT, message_id, reply.payload]
            then = reply.then
        text = _dump(frame)
        await self.send_text(text)
        if self._personality.answers_twice:
            await self.send_text(text)
        if then is not None:
            then()

    async def _pause(self, failures: int) -> None:
        first, longest = self._backoff
        delay = min(first * 2 ** max(failures - 1, 0), longest)
        timer = self._clock.call_later(delay * self._rng.uniform(1.0, 1.2), self._hurry.set)
        await self._hurry.wait()
        timer.cancel()

    def _record(self, text: str, *, sent: bool) -> None:
        self._log.record(self._clock.now(), sent=sent, text=text)
        self._clock.touch()


def _fail(answer: asyncio.Future[Json], action: str) -> None:
    if not answer.done():
        answer.set_exception(UnansweredError(action))


def _dump(frame: list[Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)
