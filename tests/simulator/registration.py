"""BootNotification and Heartbeat (OCPP 1.6 sections 4.2 and 4.6)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from .clock import Clock, TimerHandle
from .configuration import Configuration
from .link import Call, CallError, OfflineError, UnansweredError
from .personality import Personality
from .schedule import Json

RETRY: Final = 60.0


class Registration:
    """Whether the central system has accepted the station, and the way there."""

    def __init__(
        self,
        *,
        call: Call,
        clock: Clock,
        configuration: Configuration,
        personality: Personality,
        describe: Callable[[], Json],
        on_accepted: Callable[[bool], None],
        on_time: Callable[[str], None],
        go: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """Begin unknown to the central system."""
        self.status: str | None = None
        self.boots = 0
        self.booted_here = False
        self._call = call
        self._clock = clock
        self._configuration = configuration
        self._personality = personality
        self._describe = describe
        self._on_accepted = on_accepted
        self._on_time = on_time
        self._go = go
        self._needs_boot = not personality.never_boots
        self._again = asyncio.Event()
        self._heartbeat: TimerHandle | None = None

    @property
    def accepted(self) -> bool:
        """Return whether the station may say what it likes."""
        return self.status == "Accepted"

    def reset(self) -> None:
        """Begin again, as after a reboot."""
        self.status = None
        self._needs_boot = not self._personality.never_boots
        self.disconnected()

    def disconnected(self) -> None:
        """Stop the heartbeat."""
        self.booted_here = False
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None

    @property
    def may_boot_again(self) -> bool:
        """Return whether a triggered BootNotification is allowed."""
        return self._personality.accepts_boot_trigger_always or not self.booted_here

    def trigger(self) -> None:
        """Boot because the central system asked for it."""
        if self.accepted:
            self._go(self.boot())
            return
        self._needs_boot = True
        self._again.set()

    async def introduce(self) -> None:
        """Do what is due on a new connection, until accepted."""
        if self._personality.boots_on_reconnect:
            self._needs_boot = True
        if not self._needs_boot:
            self.status = "Accepted"
            self._accepted(booted=False)
            return
        self._again.clear()
        if self._personality.boots_only_when_triggered and self._needs_boot:
            await self._again.wait()
        await self._clock.sleep(self._personality.boot_delay)
        for _ in range(self._personality.repeats_boot):
            await self.boot()

    async def boot(self) -> None:
        """Send BootNotification until the central system accepts it."""
        while True:
            self._again.clear()
            wait = RETRY
            try:
                answer = await self._call("BootNotification", self._describe())
            except CallError, UnansweredError:
                answer = {}
            if answer:
                self.status = str(answer.get("status"))
                wait = self._read(answer)
            if self.accepted:
                self.boots += 1
                self._needs_boot = False
                self.booted_here = True
                self._configuration.assign("HeartbeatInterval", str(int(wait)))
                self._accepted(booted=True)
                return
            await self._wait(wait)

    async def heartbeat(self) -> None:
        """Send one Heartbeat."""
        try:
            answer = await self._call("Heartbeat", {})
        except CallError, OfflineError, UnansweredError:
            return
        if "currentTime" in answer:
            self._on_time(str(answer["currentTime"]))

    def plan_heartbeat(self) -> None:
        """Set the timer of the next heartbeat."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None
        interval = self._configuration.number("HeartbeatInterval")
        if interval > 0 and self.accepted:
            self._heartbeat = self._clock.call_later(interval, self._beat)

    def _beat(self) -> None:
        self.plan_heartbeat()
        self._go(self.heartbeat())

    def _read(self, answer: Json) -> float:
        if "currentTime" in answer:
            self._on_time(str(answer["currentTime"]))
        interval = float(answer.get("interval", 0))
        return interval if interval > 0 else RETRY

    def _accepted(self, *, booted: bool) -> None:
        self.plan_heartbeat()
        self._on_accepted(booted)

    async def _wait(self, seconds: float) -> None:
        timer = self._clock.call_later(seconds, self._again.set)
        await self._again.wait()
        timer.cancel()
