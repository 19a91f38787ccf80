"""A connector: cable, car, meter, transaction, and the status that follows from them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
import math
from typing import Final

from .car import MINIMUM_CURRENT, NOMINAL_VOLTAGE, Car
from .clock import TimerHandle
from .meter import Meter, MeterSnapshot
from .outbox import TransactionRef
from .schedule import Json

IDLE_TEMPERATURE: Final = 21.0
DEGREES_PER_AMP: Final = 0.6


@dataclass(slots=True)
class Transaction:
    """A transaction as the station sees it."""

    id_tag: str
    parent_id_tag: str | None
    started_at: datetime
    meter_start: int
    number: int
    reservation_id: int | None = None
    remote_start_id: int | None = None
    messages: int = 0
    told_state: str | None = None
    ref: TransactionRef = field(default_factory=TransactionRef)
    deauthorized: bool = False
    stopped: bool = False
    samples: list[Json] = field(default_factory=list)
    sample_timer: TimerHandle | None = None

    @property
    def id(self) -> int | str | None:
        """Return the id, None before a central system of 1.6 has given one."""
        return self.ref.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What a connector reports as wrong with it; `mended_by` may hold unlock and restart."""

    error_code: str = "NoError"
    vendor_error_code: str | None = None
    info: str | None = None
    blocks: bool = False
    mended_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """A card that may start a transaction here as soon as a car is there."""

    id_tag: str
    parent_id_tag: str | None
    timer: TimerHandle
    profile: Json | None = None
    remote_start_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """A promise to keep a connector free for a card."""

    id: int
    id_tag: str
    parent_id_tag: str | None
    timer: TimerHandle


class Connector:
    """One socket or cable of a station, with the physics behind it."""

    def __init__(self, connector_id: int, meter: Meter, phases: int, now: datetime) -> None:
        """Begin free, with nothing plugged in."""
        self.id = connector_id
        self.meter = meter
        self.phases = phases
        self.car: Car | None = None
        self.transaction: Transaction | None = None
        self.grant: Grant | None = None
        self.reservation: Reservation | None = None
        self.fault: Fault | None = None
        self.operative = True
        self.wanted_operative = True
        self.locked = False
        self.lock_jammed = False
        self.finishing = False
        self.replug_needed = False
        self.suspension_info: str | None = None
        self.offered_a = 0.0
        self.powered = True
        self.samples_sent = 0
        self._phases_used = 0
        self._awake_at: datetime | None = now
        self._has_drawn = False
        self._evolved_to = now
        self._interval_mark = meter.exact_wh

    @property
    def status(self) -> str:
        """Return the ChargePointStatus that its state amounts to."""
        if self.fault is not None and self.fault.blocks:
            return "Faulted"
        if self.transaction is not None:
            return self._transaction_status(self.transaction)
        if not self.operative:
            return "Unavailable"
        if self.car is not None:
            return "Finishing" if self.finishing else "Preparing"
        if self.grant is not None:
            return "Preparing"
        return "Reserved" if self.reservation is not None else "Available"

    @property
    def energised(self) -> bool:
        """Return whether the contactor may close."""
        transaction = self.transaction
        return (
            self.powered
            and transaction is not None
            and not transaction.deauthorized
            and self.car is not None
            and not (self.fault is not None and self.fault.blocks)
        )

    @property
    def current_a(self) -> float:
        """Return the current per phase that flows now."""
        if not self.energised or not self._awake(self._evolved_to) or self.car is None:
            return 0.0
        return self.car.draw_a(self.offered_a, self._phases_used)

    @property
    def phases_used(self) -> int:
        """Return how many phases the car is connected to."""
        return self._phases_used

    @property
    def idle_until(self) -> datetime | None:
        """Return when a sleeping car will wake up, None if it does not sleep for a time."""
        awake_at = self._awake_at
        return awake_at if awake_at is not None and awake_at > self._evolved_to else None

    def plug(self, car: Car) -> None:
        """Put the cable into a car."""
        self.car = car
        self.finishing = False
        self.replug_needed = False
        self.suspension_info = None
        self._has_drawn = False
        self._awake_at = self._evolved_to

    def evolve(self, now: datetime) -> None:
        """Let energy flow up to `now`."""
        while self._evolved_to < now:
            end = now
            if self.energised:
                end = min(now, _next_minute(self._evolved_to))
                if (waking := self.idle_until) is not None:
                    end = min(end, waking)
                self._flow(end)
            self._evolved_to = end

    def offer(self, current_a: float, phases: int) -> None:
        """Offer a current per phase to the car from now on."""
        offered = current_a if current_a >= MINIMUM_CURRENT else 0.0
        if not self.energised:
            offered = 0.0
        resumes = offered > 0 and self.offered_a == 0
        if (resumes or phases != self._phases_used) and self.car is not None:
            self._wake(self.car)
        self.offered_a = offered
        self._phases_used = phases

    def seconds_to_change(self) -> float | None:
        """Return in how many seconds the car will stop by itself, None if unknown."""
        if self.car is None or self.current_a <= 0:
            return None
        volts = (NOMINAL_VOLTAGE,) * self._phases_used
        return self.car.seconds_to_target(self.offered_a, volts)

    def snapshot(self, *, mark_interval: bool = False) -> MeterSnapshot:
        """Return what the meter shows at the moment evolved to."""
        current = self.current_a
        volts = self.meter.voltages(self._evolved_to, self.phases)
        currents = tuple(
            current if phase < self._phases_used else 0.0 for phase in range(self.phases)
        )
        interval = self.meter.exact_wh - self._interval_mark
        if mark_interval:
            self._interval_mark = self.meter.exact_wh
        return MeterSnapshot(
            at=self._evolved_to,
            register_wh=self.meter.register_wh,
            currents_a=currents,
            voltages_v=volts,
            power_w=sum(v * a for v, a in zip(volts, currents, strict=True)),
            offered_a=self.offered_a,
            offered_w=self.offered_a * NOMINAL_VOLTAGE * max(self._phases_used, 1),
            soc=None if self.car is None else self.car.soc,
            temperature_c=IDLE_TEMPERATURE + DEGREES_PER_AMP * current,
            interval_wh=interval,
        )

    def _transaction_status(self, transaction: Transaction) -> str:
        if self.car is None:
            return "SuspendedEV"
        if transaction.deauthorized or self.offered_a <= 0:
            return "SuspendedEVSE"
        return "Charging" if self.current_a > 0 else "SuspendedEV"

    def _awake(self, at: datetime) -> bool:
        return self._awake_at is not None and self._awake_at <= at

    def _wake(self, car: Car) -> None:
        if not self._has_drawn:
            self._awake_at = self._evolved_to
        elif car.refuses_to_resume:
            self._awake_at = None
        else:
            self._awake_at = self._evolved_to + timedelta(seconds=car.wake_up_delay)

    def _flow(self, end: datetime) -> None:
        if self.car is None or not self._awake(self._evolved_to) or self.offered_a <= 0:
            return
        volts = self.meter.voltages(self._evolved_to, self._phases_used)
        seconds = (end - self._evolved_to).total_seconds()
        energy = self.car.charge(self.offered_a, volts, seconds)
        if energy > 0:
            self._has_drawn = True
            self.meter.count(energy)


def _next_minute(moment: datetime) -> datetime:
    return datetime.fromtimestamp((math.floor(moment.timestamp() / 60) + 1) * 60, moment.tzinfo)
