"""One live socket of one charging station."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from inspect import CORO_CREATED, getcoroutinestate, iscoroutine
import logging
from typing import Final, Literal, Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from ..model.clock import Clock
from ..model.errors import LedgerError
from ..model.station import OcppVersion
from .bounds import Bounds
from .calls import OutgoingCalls
from .counters import Counters
from .files import Door
from .rpc import (
    UNKNOWN_ID,
    Call,
    CallError,
    CallRefusal,
    CallResult,
    Disputed,
    Malformed,
    Payload,
    encode_error,
    encode_result,
    parse,
)

_LOGGER = logging.getLogger(__name__)

type Reply = Payload | Awaitable[Payload]

_FAIRNESS: Final = 16
_LIGHT_BYTES: Final = 4096
_CONTENT: Final = frozenset({WSMsgType.TEXT, WSMsgType.BINARY})
_LOGGED_TEXT: Final = 400


class Receiver(Protocol):
    """Answers what a station asks."""

    counters: Counters

    def receive(self, connection: Connection, call: Call) -> Reply:
        """Return the answer, or something to await for it; may raise CallRefusal."""


class Connection:
    """Reads frames, answers calls in order and carries our calls; a successor is never touched by it."""

    def __init__(  # noqa: PLR0913 - all that is known of a socket
        self,
        *,
        station_id: str,
        version: OcppVersion,
        socket: web.WebSocketResponse[Literal[False]],
        receiver: Receiver,
        clock: Clock,
        bounds: Bounds,
        door: Door,
        profile: int = 0,
    ) -> None:
        """Wrap an accepted socket; nothing is read before `serve`."""
        self.station_id = station_id
        self.version = version
        self.profile = profile
        self.door = door
        self.address = door.address
        self.receiver = receiver
        self.calls = OutgoingCalls(station_id, self._send, clock, receiver.counters)
        self._socket = socket
        self._bounds = bounds
        self._answers: deque[tuple[object, Awaitable[Payload] | str]] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._allowance = float(bounds.messages_burst)
        self._spent = 0
        self._holding = False
        self._refilled = asyncio.get_running_loop().time()
        self._serving: asyncio.Task[object] | None = None
        self._probe: asyncio.Task[bool] | None = None
        self._awaited_pong: asyncio.Future[None] | None = None

    async def serve(self) -> None:
        """Read until the socket closes; raises nothing but cancellation."""
        self._serving = asyncio.current_task()
        try:
            while await self._next():
                if self._spent >= _FAIRNESS:
                    await self._give_way()
        finally:
            self._serving = None
            self._end()

    async def _next(self) -> bool:
        """Take one message; False when the socket is closed."""
        message = await self._socket.receive()
        self._spent += 1
        if message.type in _CONTENT:
            self._spent += len(message.data) // _LIGHT_BYTES
            frame = parse(message.data, self.receiver.counters)
            if isinstance(frame, Call):
                await self._reply_to(frame)
            else:
                await self._take(frame, message.data)
        elif message.type is WSMsgType.PING:
            await self._pong(message.data)
        elif message.type is WSMsgType.PONG:
            self._alive()
        else:
            if message.type is WSMsgType.ERROR:
                self.receiver.counters.add("socket_error")
            return False
        return True

    async def _give_way(self) -> None:
        """Let the others run, and slow down a station that floods; a large message counts as many."""
        await asyncio.sleep(0)
        now = asyncio.get_running_loop().time()
        self._allowance = min(
            self._allowance
            - self._spent
            + (now - self._refilled) * self._bounds.messages_per_second,
            self._bounds.messages_burst,
        )
        self._spent = 0
        self._refilled = now
        if self._allowance < 0:
            self.receiver.counters.add("flood_slowed")
            self._holding = True
            await asyncio.sleep(-self._allowance / self._bounds.messages_per_second)
            self._holding = False

    def _end(self) -> None:
        self.calls.close()
        if isinstance(self._socket.exception(), TimeoutError):
            self.receiver.counters.add("peer_silent")
        if self._awaited_pong is not None and not self._awaited_pong.done():
            self._awaited_pong.set_exception(ConnectionResetError())
        if self._answering is not None:
            self._answering.cancel()
        for _, answer in self._answers:
            self.receiver.counters.add("answer_lost")
            # The one that is being waited for ends with the task that waits.
            if iscoroutine(answer) and getcoroutinestate(answer) == CORO_CREATED:
                answer.close()
        self._answers.clear()

    async def _take(
        self, frame: CallResult | CallError | Disputed | Malformed, text: bytes
    ) -> None:
        if isinstance(frame, Malformed):
            self.receiver.counters.add("frame_malformed")
            _LOGGER.debug("%s sent %s: %s", self.station_id, frame.reason, text[:_LOGGED_TEXT])
            await self._complain(frame)
        elif isinstance(frame, Disputed):
            self.receiver.counters.add("answer_disputed")
            _LOGGER.debug("%s could not read an answer: %s", self.station_id, text[:_LOGGED_TEXT])
        else:
            self.calls.answered(frame)

    async def _complain(self, frame: Malformed) -> None:
        """Answer what is no frame; later versions want that also where its id is unreadable (part 4 section 4.2.3)."""
        if frame.message_id is not None:
            error = self._error(frame.message_id, frame.code, frame.reason)
            await self._reply(frame.message_id, error)
        elif self.version is not OcppVersion.V16 and frame.code == "FormationViolation":
            error = self._error(UNKNOWN_ID, "RpcFrameworkError", frame.reason)
            await self._reply(UNKNOWN_ID, error)

    def _error(self, message_id: object, code: str, description: str) -> str:
        return encode_error(message_id, code, description, self.version)

    async def _reply_to(self, call: Call) -> None:
        answer = self._answer(call)
        if not call.unconfirmed or not isinstance(answer, str):
            await self._reply(None if call.unconfirmed else call.message_id, answer)

    def _answer(self, call: Call) -> Awaitable[Payload] | str:
        try:
            reply = self.receiver.receive(self, call)
            # Nearly every answer is a dict, which is sooner told than that something is a Mapping.
            if isinstance(reply, (dict, Mapping)):
                return encode_result(call.message_id, reply)
        except CallRefusal as refusal:
            self.receiver.counters.add(f"refused_{refusal.code}")
            return self._error(call.message_id, refusal.code, refusal.description)
        except Exception:
            _LOGGER.exception("Unexpected error in %s from %s", call.action, self.station_id)
            self.receiver.counters.add("internal_error")
            return self._error(call.message_id, "InternalError", "")
        return reply

    async def _reply(self, message_id: object, answer: Awaitable[Payload] | str) -> None:
        if isinstance(answer, str) and not self._answers:
            await self._send_quietly(answer)
            return
        self._answers.append((message_id, answer))
        if self._answering is None or self._answering.done():
            self._answering = asyncio.create_task(self._work_off())
        if len(self._answers) > self._bounds.unanswered:
            self.receiver.counters.add("backlog_full")
            self._holding = True
            await asyncio.wait([self._answering])
            self._holding = False

    async def _work_off(self) -> None:
        """Send the answers that had to wait for something, in the order of their calls."""
        while self._answers:
            message_id, answer = self._answers[0]
            if not isinstance(answer, str):
                answer = await self._settle(message_id, answer)
            self._answers.popleft()
            if message_id is not None:
                await self._send_quietly(answer)

    async def _settle(self, message_id: object, answer: Awaitable[Payload]) -> str:
        counters = self.receiver.counters
        try:
            return encode_result(message_id, await answer)
        except CallRefusal as refusal:
            counters.add(f"refused_{refusal.code}")
            return self._error(message_id, refusal.code, refusal.description)
        except LedgerError:
            counters.add("not_kept")
            return self._error(message_id, "InternalError", "not stored, please repeat")
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Whoever was to keep it gave up; that ends this answer, not those that follow.
            counters.add("not_kept")
            return self._error(message_id, "InternalError", "not stored, please repeat")
        except Exception:
            _LOGGER.exception("Unexpected error in an answer to %s", self.station_id)
            counters.add("internal_error")
            return self._error(message_id, "InternalError", "")

    async def _send(self, text: str) -> None:
        await self._socket.send_str(text)

    async def _send_quietly(self, text: str) -> None:
        try:
            await self._socket.send_str(text)
        except ConnectionError:
            self.receiver.counters.add("answer_lost")

    async def probe(self, timeout_s: float) -> bool:
        """Tell whether the peer still answers a ping within some real seconds; all who ask at once share one ping."""
        if self._socket.closed:
            return False
        if self._holding:
            # We do not read at present, so silence would prove nothing.
            return True
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._ping(timeout_s))
        return await asyncio.shield(self._probe)

    async def _ping(self, timeout_s: float) -> bool:
        self._awaited_pong = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await self._socket.ping()
                await self._awaited_pong
        except ConnectionError, TimeoutError:
            return False
        finally:
            self._awaited_pong = None
        return True

    async def _pong(self, content: bytes) -> None:
        with suppress(ConnectionError):
            await self._socket.pong(content)

    def _alive(self) -> None:
        if self._awaited_pong is not None and not self._awaited_pong.done():
            self._awaited_pong.set_result(None)

    async def close(self, code: int = WSCloseCode.GOING_AWAY, reason: str = "") -> None:
        """Close the socket politely, but do not wait long for a peer that is not; harmless when closed already."""
        self.calls.close()
        try:
            async with asyncio.timeout(self._bounds.close_s):
                await self._socket.close(code=code, message=reason.encode()[:120])
        except TimeoutError:
            self.receiver.counters.add("close_unanswered")
            if self._serving is not None:
                self._serving.cancel()
