"""Outgoing calls of one socket: one in flight, in order, each with its own patience."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
import secrets

from ..model.clock import Clock
from ..model.errors import CallFailedError, StationOfflineError, StationTimeoutError
from .counters import Counters
from .rpc import CallError, CallResult, Payload, encode_call


class OutgoingCalls:
    """Sends requests one at a time (OCPP-J 1.6 section 4.1.1) and matches the answers."""

    def __init__(
        self,
        station_id: str,
        send: Callable[[str], Awaitable[None]],
        clock: Clock,
        counters: Counters,
    ) -> None:
        """Send through `send`, which may raise ConnectionError."""
        self._station_id = station_id
        self._send = send
        self._clock = clock
        self._counters = counters
        self._turn = asyncio.Lock()
        self._numbers = count(1)
        self._prefix = secrets.token_hex(4)
        self._waiting: tuple[str, asyncio.Future[CallResult | CallError]] | None = None
        self._closed = False

    async def call(self, action: str, payload: Payload, timeout_s: float) -> Payload:
        """Send a request and return the answer's payload.

        Raises StationOfflineError, StationTimeoutError or CallFailedError.
        """
        async with self._turn:
            answer = await self._exchange(action, payload, timeout_s)
        if isinstance(answer, CallError):
            raise CallFailedError(
                self._station_id, action, answer.code, answer.description, answer.details
            )
        return answer.payload

    async def _exchange(
        self, action: str, payload: Payload, timeout_s: float
    ) -> CallResult | CallError:
        if self._closed:
            raise StationOfflineError(self._station_id)
        message_id = f"{self._prefix}-{next(self._numbers)}"
        text = self._written(message_id, action, payload)
        future: asyncio.Future[CallResult | CallError] = asyncio.get_running_loop().create_future()
        self._waiting = (message_id, future)

        def expire() -> None:
            if not future.done():
                future.set_exception(StationTimeoutError(self._station_id, action, timeout_s))

        timer = self._clock.call_later(timeout_s, expire)
        try:
            await self._send(text)
            return await future
        except ConnectionError as err:
            raise StationOfflineError(self._station_id) from err
        finally:
            timer.cancel()
            self._waiting = None
            if future.done() and not future.cancelled():
                # Where sending itself failed nobody awaits it, which is no news for the log.
                future.exception()

    def _written(self, message_id: str, action: str, payload: Payload) -> str:
        try:
            return encode_call(message_id, action, payload)
        except TypeError as err:
            raise CallFailedError(
                self._station_id, action, "FormationViolation", f"cannot be written as JSON: {err}"
            ) from err

    def answered(self, frame: CallResult | CallError) -> None:
        """Take an answer; one that nobody waits for any more is counted and dropped."""
        if self._waiting is None or self._waiting[0] != frame.message_id:
            self._counters.add("answer_unexpected")
            return
        future = self._waiting[1]
        if not future.done():
            future.set_result(frame)

    def close(self) -> None:
        """Fail the call in flight and all that wait; the socket is gone."""
        self._closed = True
        if self._waiting is not None and not self._waiting[1].done():
            self._waiting[1].set_exception(StationOfflineError(self._station_id))
