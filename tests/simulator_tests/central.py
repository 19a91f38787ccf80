"""A tiny central system that records everything and answers as it is told."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
import json
import ssl
from typing import Any, Self, override

from ocpp.messages import get_validator
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, NegotiationError
from websockets.typing import Subprotocol

from tests.simulator import Clock, Json

type Answer = Json | Callable[[Json], Json | None] | None


class RefusedError(Exception):
    """The station answered with a CALLERROR."""

    @property
    def code(self) -> str:
        """Return the error code."""
        return str(self.args[0])


class TinyCentral:
    """One port, many stations; `answers` maps an action to what is answered.

    None is silence, a list `["ErrorCode", "text"]` inside "error" a CALLERROR. Every call of
    a station is checked against the schemas of OCPP 1.6; `violations` holds what failed.
    """

    def __init__(self, clock: Clock, context: ssl.SSLContext | None = None) -> None:
        """Answer everything politely."""
        self.clock = clock
        self._context = context
        self.answers: dict[str, Answer] = {
            "BootNotification": self._boot,
            "Heartbeat": lambda _: {"currentTime": self._now()},
            "Authorize": {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": self._start,
            "DataTransfer": {"status": "Accepted"},
            "SignCertificate": {"status": "Accepted"},
        }
        self.received: list[tuple[str, str, Json]] = []
        self.headers: list[Headers] = []
        self.paths: list[str] = []
        self.subprotocols: list[str | None] = []
        self.violations: list[str] = []
        self.unasked: Counter[str] = Counter()
        self.demand_subprotocol = True
        self.port = 0
        self._server: Server | None = None
        self._sockets: list[ServerConnection] = []
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._news = asyncio.Event()
        self._transactions = 0
        self._asked = 0

    @property
    def url(self) -> str:
        """Return where stations dial in."""
        scheme = "ws" if self._context is None else "wss"
        return f"{scheme}://127.0.0.1:{self.port}/ocpp"

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up and stop listening."""
        await self.close()

    async def listen(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            subprotocols=[Subprotocol("ocpp1.6")],
            select_subprotocol=self._select,
            ssl=self._context,
            ping_interval=None,
            compression=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop everybody."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def drop(self) -> None:
        """Cut every connection without a word."""
        for socket in self._sockets:
            socket.transport.abort()

    def said(self, action: str) -> list[Json]:
        """Return the payloads of an action, in order of arrival."""
        return [payload for each, _, payload in self.received if each == action]

    async def heard(self, action: str) -> None:
        """Wait until an action has arrived."""
        while not self.said(action):
            self._news.clear()
            await self._news.wait()

    def actions(self) -> list[str]:
        """Return the actions, in order of arrival."""
        return [action for action, _, _ in self.received]

    def freeze(self) -> None:
        """Stop reading from anybody, as a peer does that died without a word."""
        for socket in self._sockets:
            socket.transport.pause_reading()

    def thaw(self) -> None:
        """Read again."""
        for socket in self._sockets:
            socket.transport.resume_reading()

    async def ask(
        self, action: str, payload: Json | None = None, *, patience: float = 30.0
    ) -> Json:
        """Call the station that connected last, and return its answer."""
        self._asked += 1
        message_id = f"ask-{self._asked}"
        future: asyncio.Future[Any] = asyncio.Future()
        self._waiting[message_id] = future
        await self._sockets[-1].send(json.dumps([2, message_id, action, payload or {}]))
        async with asyncio.timeout(patience):
            answer: Json = await future
        self._check(3, action, answer)
        return answer

    async def say(self, text: str) -> None:
        """Send any text to the station that connected last."""
        await self._sockets[-1].send(text)

    def _select(self, _: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        wanted = Subprotocol("ocpp1.6")
        if wanted in offered:
            return wanted
        if self.demand_subprotocol:
            raise NegotiationError(str(offered))
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        self._sockets.append(socket)
        request = socket.request
        self.headers.append(request.headers if request else Headers())
        self.paths.append(request.path if request else "")
        self.subprotocols.append(socket.subprotocol)
        try:
            async for text in socket:
                await self._receive(socket, json.loads(text))
        except ConnectionClosed:
            return

    async def _receive(self, socket: ServerConnection, frame: list[Any]) -> None:
        if frame[0] != 2:
            future = self._waiting.pop(frame[1], None)
            if future is None:
                self.unasked[frame[1]] += 1
            elif frame[0] == 3:
                future.set_result(frame[2])
            else:
                future.set_exception(RefusedError(*frame[2:]))
            return
        _, message_id, action, payload = frame
        self.received.append((action, message_id, payload))
        self._news.set()
        self._check(2, action, payload)
        answer = self.answers.get(action, {})
        if callable(answer):
            answer = answer(payload)
        if answer is None:
            return
        reply: list[Any] = [3, message_id, answer]
        if "error" in answer:
            reply = [4, message_id, *answer["error"], {}]
        await socket.send(json.dumps(reply))

    def _check(self, kind: int, action: str, payload: Json) -> None:
        validator = get_validator(kind, action, "1.6", parse_float=Decimal)
        exact = json.loads(json.dumps(payload), parse_float=Decimal)
        self.violations.extend(
            f"{action}: {error.message}" for error in validator.iter_errors(exact)
        )

    def _boot(self, _: Json) -> Json:
        return {"status": "Accepted", "interval": 300, "currentTime": self._now()}

    def _start(self, _: Json) -> Json:
        self._transactions += 1
        return {
            "transactionId": self._transactions,
            "idTagInfo": {"status": "Accepted"},
        }

    def _now(self) -> str:
        return self.clock.now().isoformat().replace("+00:00", "Z")

    @override
    def __repr__(self) -> str:
        """Show what was said."""
        return f"TinyCentral({self.actions()})"
