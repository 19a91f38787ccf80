"""The simulated charging station: what a test or a demo holds in its hands."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
import random
import ssl as tls
from typing import Any, Final, Self, override

from . import answering, memory
from .access import Access
from .answering import Override
from .car import Car
from .certificates import CertificateStore
from .clock import Clock, RealClock
from .configuration import Configuration
from .connector import Connector, Fault
from .files import FileJobs
from .later import SkinOf21, SkinOf201
from .later.monitoring import Place
from .later.parts import parts_of
from .link import CallError, Link, OfflineError, Reply, UnansweredError
from .meter import Meter
from .metering import Metering
from .outbox import Outbox
from .personality import Personality
from .power import POWER_CYCLE, Power
from .profiles import ProfileStore
from .registration import Registration
from .reservations import Reservations
from .schedule import Json, Profile
from .sessions import Sessions
from .skin import Skin
from .statuses import StatusReporter
from .supply import Supply
from .tasks import Tasks
from .timekeeping import Timekeeper
from .watching import PATIENCE, Watching

ENCRYPTED: Final = 2
MUTUAL: Final = 3
SKINS: Final[Mapping[str, type[Skin]]] = {"1.6": Skin, "2.0.1": SkinOf201, "2.1": SkinOf21}


class SimulatedStation(Watching):
    """An OCPP charging station with cables, cars, a meter and a will of its own.

    What people do to a station (cards, cables, faults, mains) are plain methods that take
    effect at once; what follows on the wire follows by itself. The parts are public.
    """

    def __init__(
        self,
        *,
        url: str,
        station_id: str = "SIM-1",
        clock: Clock | None = None,
        connectors: int = 1,
        seed: int = 1,
        personality: Personality | None = None,
        password: str | None = None,
        configuration: Mapping[str, str] | None = None,
        ssl: tls.SSLContext | None = None,
        max_current: float = 32.0,
        phases: int = 3,
        register_wh: float = 10_000.0,
        backoff: tuple[float, float] = (1.0, 60.0),
        has_locks: bool = True,
        remembered: Json | None = None,
        frames_kept: int = 5000,
        version: str = "1.6",
    ) -> None:
        """Build a station; nothing happens before `start`."""
        super().__init__(frames_kept)
        self.station_id = station_id
        self.clock: Clock = RealClock() if clock is None else clock
        self.personality = personality or Personality()
        self.firmware = self.personality.firmware
        self.has_locks = has_locks
        self.has_network = True
        self.skin = SKINS[version](self)
        self.remote_start_id: int | None = None
        self.ssl = ssl
        self.overrides: dict[str, Override] = {}
        self.data_transfers: dict[str, Callable[[Json], Json]] = {}
        self.tasks = Tasks(self.clock, self.signal)
        self.times = Timekeeper(self.clock, self.personality)
        self._introduction: asyncio.Task[None] | None = None
        self._swallowed = False
        now = self.clock.now()
        self.connectors = tuple(
            Connector(number, Meter(f"{seed}:{station_id}:{number}", register_wh), phases, now)
            for number in range(1, connectors + 1)
        )
        self.configuration = Configuration(
            personality=self.personality,
            connectors=connectors,
            overrides={**self.skin.configuration, **(configuration or {})},
        )
        self.profiles = ProfileStore()
        self.supply = Supply(
            clock=self.clock,
            profiles=self.profiles,
            personality=self.personality,
            connectors=self.connectors,
            max_current=max_current,
            phases=phases,
            own_time=self.times.own,
            on_change=self._changed,
        )
        self.link = Link(
            owner=self,
            url=url,
            station_id=station_id,
            clock=self.clock,
            log=self.frames,
            personality=self.personality,
            rng=random.Random(f"{seed}:{station_id}:{now.isoformat()}"),
            context=ssl if url.startswith("wss:") else None,
            backoff=backoff,
            response_timeout=lambda: self.configuration.number("MessageTimeout"),
            subprotocol=self.skin.subprotocol,
        )
        self.access = Access(self.configuration, self._ask)
        self.certificates = CertificateStore(self.configuration.number("CertificateStoreMaxLength"))
        self.outbox = Outbox(
            call=self.call,
            clock=self.clock,
            configuration=self.configuration,
            personality=self.personality,
            signal=self.signal,
        )
        self.statuses = StatusReporter(
            call=self.call,
            clock=self.clock,
            configuration=self.configuration,
            personality=self.personality,
            connectors=self.connectors,
            stamp=self.times.stamp,
            skin=self.skin,
        )
        self.metering = Metering(
            clock=self.clock,
            configuration=self.configuration,
            personality=self.personality,
            connectors=self.connectors,
            supply=self.supply,
            outbox=self.outbox,
            stamp=self.times.stamp,
            skin=self.skin,
        )
        self.registration = Registration(
            call=self.call,
            clock=self.clock,
            configuration=self.configuration,
            personality=self.personality,
            describe=self._describe,
            on_accepted=self._accepted,
            on_time=self.times.told,
            go=self.go,
        )
        self.reservations = Reservations(self)
        self.sessions = Sessions(self)
        self.files = FileJobs(self)
        self.power = Power(self)
        self.skin.begin()
        if password is not None:
            self.configuration.assign("AuthorizationKey", password)
        self.configuration.on_change = self._reconfigured
        if remembered is not None:
            memory.load(self, remembered)

    # Life

    async def start(self, *, wait: bool = True, patience: float = PATIENCE) -> Self:
        """Switch on; with `wait`, return when accepted and all statuses are told."""
        self._set_password()
        for work in (self.link.run(), self.outbox.run(), self.statuses.run()):
            self.go(work)
        self.metering.start()
        self.supply.refresh()
        self.link.allow()
        if wait:
            what = f"{self.station_id} being accepted by the central system"
            await self.wait_for(lambda: self.at_rest, patience=patience, what=what)
        return self

    async def stop(self) -> None:
        """Switch off for good, cleanly; raise what went wrong inside the simulator."""
        self.supply.refresh()
        self.link.forbid()
        self.metering.stop()
        self.supply.stop()
        self.skin.stop()
        self.registration.disconnected()
        await self.link.close()
        await self.tasks.cancel_all()
        self.raise_failures()

    async def __aenter__(self) -> Self:
        """Start, and wait until the station is at rest."""
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    # What people do

    def plug_in(self, connector: int, car: Car | None = None) -> Car:
        """Plug a car in; return it."""
        car = car or Car()
        self.sessions.plug_in(self.connector(connector), car)
        return car

    def unplug(self, connector: int) -> None:
        """Pull the cable out of the car."""
        self.sessions.unplug(self.connector(connector))

    def present_card(self, connector: int, id_tag: str) -> None:
        """Hold a card to the reader: starts, or stops, or cancels."""
        self.go(self.sessions.present(self.connector(connector), id_tag))

    def stop_locally(self, connector: int, reason: str = "Local") -> None:
        """End a transaction at the station, by a button or an emergency stop."""
        self.sessions.stop(self.connector(connector), reason)

    def fault(
        self,
        connector: int,
        error_code: str = "InternalError",
        *,
        vendor_error_code: str | None = None,
        info: str | None = None,
        blocks: bool = True,
        ends_transaction: bool = True,
        mended_by: Sequence[str] = (),
    ) -> None:
        """Break a connector (0: the station); `blocks=False` is only a warning.

        It stays broken until `clear_fault`, or until what may mend it is asked for.
        """
        trouble = Fault(
            error_code=error_code,
            vendor_error_code=vendor_error_code,
            info=info,
            blocks=blocks,
            mended_by=tuple(mended_by),
        )
        self.supply.refresh()
        if connector == 0:
            self.statuses.station_fault = trouble
        else:
            self.sessions.fail(self.connector(connector), trouble, ends=ends_transaction)
        self.supply.refresh()

    def clear_fault(self, connector: int) -> None:
        """Mend what `fault` broke."""
        self.supply.refresh()
        if connector == 0:
            self.statuses.station_fault = None
        else:
            self.connector(connector).fault = None
        self.supply.refresh()

    def component_event(
        self,
        place: Place,
        value: str = "true",
        *,
        trigger: str = "Alerting",
        **more: object,
    ) -> None:
        """Have a component of a 2.x station tell something that nobody asked it to watch."""
        monitoring = parts_of(self).monitoring
        monitoring.event(place, value, trigger, "HardWiredNotification", more)

    def component_value(
        self, place: Place, value: str, *, code: str | None = None, info: str | None = None
    ) -> None:
        """Give a variable of a 2.x station another value; who watches it may tell of it."""
        parts_of(self).monitoring.change(place, value, code=code, info=info)

    def go_offline(self, *, abrupt: bool = True) -> None:
        """Lose the network; transactions go on and their messages wait."""
        self.has_network = False
        self.link.forbid()
        self.hush()
        self.go(self.link.close(abrupt=abrupt))

    def go_online(self) -> None:
        """Get the network back."""
        self.has_network = True
        self.link.allow()

    def reboot(
        self,
        *,
        cold: bool = False,
        reason: str | None = None,
        off_for: float = POWER_CYCLE,
    ) -> None:
        """Restart: `cold` is a power loss, otherwise transactions end gracefully first."""
        if cold:
            self.power.cut(reason or "PowerLoss", off_for)
        else:
            self.go(self.power.restart(reason or "Reboot"))

    # The wire

    async def call(self, action: str, payload: Json) -> Json:
        """Call the central system and return its answer.

        Raises CallError, UnansweredError or OfflineError.
        """
        if self.personality.extra_fields:
            payload = payload | {"vendorSpecific": {"note": "not in the book"}}
        if self.personality.nulls:
            payload = payload | {"info": None, "reservationId": None}
        said = self.skin.said(action, payload)
        if said is None:
            return {}
        return self.skin.heard(action, await self.link.call(*said))

    async def send(self, action: str, payload: Json) -> Json:
        """Call the central system with any payload, as it stands."""
        return await self.link.call(action, payload)

    async def send_raw(self, text: str) -> None:
        """Put any text on the wire."""
        await self.link.send_text(text)

    async def tell(self, action: str, payload: Json) -> None:
        """Call the central system and not care for the answer."""
        try:
            await self.call(action, payload)
        except CallError, UnansweredError:
            return

    # State

    @property
    def online(self) -> bool:
        """Return whether the station may talk freely to the central system."""
        return self.link.online and self.registration.accepted

    @property
    def at_rest(self) -> bool:
        """Return whether the station is online and has nothing left to say."""
        idle = self.statuses.idle and not self.outbox and not self.link.calling
        return self.online and idle

    def connector(self, number: int = 1) -> Connector:
        """Return a connector by its number."""
        return self.connectors[number - 1]

    def status(self, connector: int = 1) -> str:
        """Return the status of a connector."""
        return self.connector(connector).status

    def register_wh(self, connector: int = 1) -> int:
        """Return the register of a connector, up to date."""
        self.supply.refresh()
        return self.connector(connector).meter.register_wh

    def offered_a(self, connector: int = 1) -> float:
        """Return the current per phase offered to the car."""
        self.supply.refresh()
        return self.connector(connector).offered_a

    def current_a(self, connector: int = 1) -> float:
        """Return the current per phase that flows."""
        self.supply.refresh()
        return self.connector(connector).current_a

    def time(self) -> datetime:
        """Return the time as the station has it."""
        return self.times.now()

    def remember(self) -> Json:
        """Return what is in flash memory, for `remembered` of a later station."""
        return memory.dump(self)

    @override
    def raise_failures(self) -> None:
        """Raise what has gone wrong inside the simulator."""
        self.tasks.raise_failures()

    # What the parts ask of the whole

    def go(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something beside everything else."""
        self.tasks.spawn(work)

    def answer(self, action: str, payload: Json) -> Reply | None:
        """Answer a call of the central system; None is silence."""
        return answering.answer(self, action, payload)

    def connected(self) -> None:
        """Introduce the station on a new connection."""
        if self.personality.forgets_profiles_on_reconnect:
            self.profiles.clear()
        self._introduction = self.tasks.spawn(self.registration.introduce())
        self.signal.notify()

    def disconnected(self) -> None:
        """Keep everything back until there is a connection again."""
        self.hush()
        self.signal.notify()

    def hush(self) -> None:
        """Say nothing by itself any more."""
        if self._introduction is not None:
            self._introduction.cancel()
            self._introduction = None
        self.outbox.shut()
        self.statuses.shut()
        self.registration.disconnected()

    async def security_event(self, event: str) -> None:
        """Report a security event."""
        payload = {"type": event, "timestamp": self.times.stamp_always()}
        await self.tell("SecurityEventNotification", payload)

    async def sign_certificate(self) -> None:
        """Ask for a certificate for a new key."""
        organisation = self.configuration.text("CpoName")
        request = self.certificates.request(self.station_id, organisation)
        await self.tell("SignCertificate", {"csr": request, **self.skin.signing})

    def use_new_certificate(self) -> None:
        """Show the certificate just taken, and dial anew where it is what lets the station in."""
        self.certificates.show(self.ssl)
        if self.configuration.number("SecurityProfile") == MUTUAL:
            self.go(self.link.close())

    def swallows(self, profile: Profile) -> bool:
        """Return whether a profile is accepted but lost, as after a pause with some."""
        if not self.personality.ignores_first_limit_after_pause:
            return False
        paused = any(
            c.energised and c.offered_a == 0 and profile.connector_id in {0, c.id}
            for c in self.connectors
        )
        self._swallowed = paused and not self._swallowed
        return self._swallowed

    def raise_profile(self) -> None:
        """Dial anew under the security profile just configured: from 2 on over TLS, with 3 without a password."""
        if self.ssl is None:
            return
        if self.configuration.number("SecurityProfile") >= ENCRYPTED:
            self.link.url = self.link.url.replace("ws://", "wss://", 1)
            self.link.context = self.ssl
        self._set_password()
        self.go(self.link.close())

    def use_new_password(self) -> None:
        """Reconnect with the password just configured."""
        self._set_password()
        self.go(self.link.close())

    # Inside

    async def _ask(self, action: str, payload: Json) -> Json:
        """Call the central system only if it has accepted the station."""
        if not self.registration.accepted:
            raise OfflineError(action)
        return await self.call(action, payload)

    def _set_password(self) -> None:
        key = self.configuration.text("AuthorizationKey")
        if self.configuration.number("SecurityProfile") == MUTUAL:
            key = ""
        is_hex = self.personality.hex_password
        self.link.password = bytes.fromhex(key) if is_hex else key.encode()

    def _accepted(self, booted: bool) -> None:  # noqa: FBT001
        self.outbox.open()
        self.statuses.open(everything=booted)
        self.link.keep_alive(self.configuration.number("WebSocketPingInterval"))
        self.signal.notify()

    def _changed(self) -> None:
        self.statuses.update()
        self.skin.changed()
        self.signal.notify()

    def _reconfigured(self, key: str) -> None:
        if key == "HeartbeatInterval":
            self.registration.plan_heartbeat()
        if key == "WebSocketPingInterval" and self.online:
            self.link.keep_alive(self.configuration.number(key))
        self.metering.reconfigure(key)

    def _describe(self) -> Json:
        personality = self.personality
        payload: Json = {
            "chargePointVendor": personality.vendor,
            "chargePointModel": personality.model,
            "firmwareVersion": self.firmware,
        }
        if personality.serial_number is not None:
            payload["chargePointSerialNumber"] = personality.serial_number
        return payload
