"""What single readings come to: each gauge makes the value of a day from what it sees."""

from datetime import datetime, timedelta
from statistics import median
from typing import Final

from ...model.reading import Measurements, PhaseValues
from ...model.station import ConnectorState, ConnectorStatus

REFERENCE_A: Final = 16.0
"""The current that temperature rises are stated for."""

_MOST_KEPT: Final = 300
_WARM_A: Final = 6.0
_FULL: Final = 0.75
_EVERY: Final = timedelta(minutes=10)
_WARM_UP: Final = timedelta(minutes=20)

_STEP_A: Final = 5.0
_STEP_WITHIN: Final = timedelta(seconds=150)
_PLAUSIBLE_OHM: Final = 5.0
_FEWEST_STEPS: Final = 2

_FEWEST_OFFERS: Final = 5
_SLACK_A: Final = 1.0
_MOST_OVER: Final = 3
_TELLING: Final = 0.85

_PHASE_A: Final = 6.0
_DEAD_A: Final = 0.5
_DEAD_PART: Final = 0.5
_DEAD_SAMPLES: Final = 5
_ALIVE_SAMPLES: Final = 3

_STUCK_A: Final = 1.5
_STUCK_SAMPLES: Final = 3
_SETTLED: Final = timedelta(seconds=60)
_OPEN: Final = frozenset(
    {
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.PREPARING,
        ConnectorStatus.FINISHING,
        ConnectorStatus.SUSPENDED_EVSE,
    }
)
"""Where the contactor is open."""

_ENOUGH_MWH: Final = 10_000_000


class _Day:
    """The values of a day; one that is full thins itself out."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._stride = 1
        self._seen = 0

    def add(self, value: float) -> None:
        self._seen += 1
        if self._seen % self._stride:
            return
        self._values.append(value)
        if len(self._values) >= _MOST_KEPT:
            del self._values[::2]
            self._stride *= 2

    def close(self, fewest: int = 1) -> float | None:
        """Return the median, None where there are too few values, and begin anew."""
        values, self._values = self._values, []
        self._stride, self._seen = 1, 0
        return median(values) if len(values) >= fewest else None


class ThermalGauge:
    """How much warmer a connector gets than it was when charging began, in kelvins at 16 A.

    A resistance heats with the square of the current, so dT / I^2 is a constant of the contact and does not depend on
    what is charged; it grows as the contact corrodes or comes loose. Looked at every ten minutes once the connector
    had time to warm up, and only near the highest current ever seen: at low ones, sun matters more than the contact.
    """

    def __init__(self) -> None:
        """Begin without a charge."""
        self.highest_a = 0.0
        self._began: tuple[datetime, float] | None = None
        self._looked: datetime | None = None
        self._day = _Day()

    def sample(self, measured: Measurements, now: datetime, *, charging: bool) -> None:
        """Take live values."""
        temperature_c, current_a = measured.temperature_c, measured.max_current_a
        if temperature_c is None or current_a is None:
            return
        if not charging:
            self._began = None
            return
        self.highest_a = max(self.highest_a, current_a)
        if self._began is None:
            self._began = (now, temperature_c)
            return
        since, cold_c = self._began
        if current_a < max(_WARM_A, _FULL * self.highest_a) or now - since < _WARM_UP:
            return
        if self._looked is not None and now - self._looked < _EVERY:
            return
        self._looked = now
        self._day.add((temperature_c - cold_c) / current_a**2 * REFERENCE_A**2)

    def close(self) -> float | None:
        """Return the value of the day."""
        return self._day.close()


class LoopGauge:
    """The impedance of one phase between the transformer and the station's meter, in ohm.

    When the current of a phase changes by dI, its voltage changes by -Z dI. Single steps carry the noise of the whole
    street, so that only the median of many means anything. A terminal that comes loose raises Z.
    """

    def __init__(self) -> None:
        """Begin without a sample."""
        self._last: tuple[datetime, float, float] | None = None
        self._day = _Day()

    def sample(self, at: datetime, current_a: float | None, voltage_v: float | None) -> None:
        """Take the current and voltage of the phase."""
        if current_a is None or voltage_v is None:
            self._last = None
            return
        last, self._last = self._last, (at, current_a, voltage_v)
        if last is None or at - last[0] > _STEP_WITHIN:
            return
        step_a = current_a - last[1]
        if abs(step_a) >= _STEP_A and voltage_v > 0 < last[2]:
            ohm = (last[2] - voltage_v) / step_a
            if abs(ohm) <= _PLAUSIBLE_OHM:
                self._day.add(ohm)

    def close(self) -> float | None:
        """Return the value of the day."""
        return self._day.close(_FEWEST_STEPS)


class OfferGauge:
    """What is drawn, as a part of what is offered."""

    def __init__(self) -> None:
        """Begin without a sample."""
        self._day = _Day()
        self._over: list[float] = []

    def sample(self, offered_a: float | None, measured: Measurements) -> None:
        """Take live values of a connector that charges."""
        drawn_a = measured.max_current_a
        if not offered_a or drawn_a is None:
            return
        self._day.add(drawn_a / offered_a)
        # The third highest: one meter value may be older than the limit beside it.
        self._over = sorted((*self._over, max(0.0, drawn_a - _SLACK_A) / offered_a))[-_MOST_OVER:]

    def close(self) -> tuple[float | None, float | None]:
        """Return what was usually drawn, and the most that was drawn more than once."""
        over, self._over = self._over, []
        # A vehicle that takes much less than it may tells nothing about who would hold it back.
        told = len(over) == _MOST_OVER and over[0] >= _TELLING
        return self._day.close(_FEWEST_OFFERS), over[0] if told else None


class PhaseGauge:
    """Whether a phase goes missing while a vehicle charges.

    A vehicle that goes over to one phase gives up two of three at once; a supply that fails loses one, or takes its
    voltage with it.
    """

    def __init__(self) -> None:
        """Begin without a charge."""
        self._alive = [0, 0, 0]
        self._dead = [0, 0, 0]

    def began(self) -> None:
        """Take that another charge begins."""
        self._alive, self._dead = [0, 0, 0], [0, 0, 0]

    def sample(self, current_a: PhaseValues, voltage_v: PhaseValues) -> int | None:
        """Take live values of a connector that charges; returns the phase that has just gone missing."""
        highest_a = max((value or 0.0 for value in current_a), default=0.0)
        highest_v = max((value or 0.0 for value in voltage_v), default=0.0)
        if highest_a < _PHASE_A:
            return None
        used = sum(count >= _ALIVE_SAMPLES for count in self._alive)
        lost: list[int] = []
        for index, (amperes, volts) in enumerate(zip(current_a, voltage_v, strict=True)):
            if amperes is None:
                continue
            if amperes >= _PHASE_A:
                self._alive[index] += 1
                self._dead[index] = 0
            elif amperes <= _DEAD_A and self._alive[index] >= _ALIVE_SAMPLES:
                self._dead[index] += 1
                no_voltage = volts is not None and volts < _DEAD_PART * highest_v
                if self._dead[index] >= _DEAD_SAMPLES:
                    lost.append(index if not no_voltage else index + 3)
        without_voltage = [index - 3 for index in lost if index >= 3]
        if without_voltage:
            missing = without_voltage[0]
        elif len(lost) == 1 and used == 3:
            missing = lost[0]
        else:
            return None
        self.began()
        return missing + 1


class StuckGauge:
    """Whether current flows where the contactor is said to be open."""

    def __init__(self) -> None:
        """Begin without a sample."""
        self._since: datetime | None = None
        self._samples = 0

    def sample(self, connector: ConnectorState, now: datetime) -> bool:
        """Take a state with new live values; true once enough of them say that the contactor is stuck."""
        current_a = connector.measurements.max_current_a
        if connector.status not in _OPEN or current_a is None:
            self._since, self._samples = None, 0
            return False
        if self._since is None:
            self._since = now
        if now - self._since < _SETTLED or current_a < _STUCK_A:
            self._samples = 0
            return False
        self._samples += 1
        return self._samples == _STUCK_SAMPLES


class IdleGauge:
    """The energy, in watt-hours, that a register counts while no vehicle is there."""

    def __init__(self) -> None:
        """Begin without a register."""
        self._last_mwh: int | None = None
        self._day = 0

    def sample(self, connector: ConnectorState, *, connected: bool) -> None:
        """Take a state; only what is counted between two registers of an idle, connected station matters."""
        idle = (
            connected
            and connector.session is None
            and connector.status is ConnectorStatus.AVAILABLE
        )
        register = connector.register_mwh if idle else None
        if register is not None and self._last_mwh is not None:
            self._day += max(0, register - self._last_mwh)
        self._last_mwh = register

    def close(self) -> float:
        """Return the value of the day."""
        day, self._day = self._day, 0
        return day / 1000


class DriftGauge:
    """What the station's meter counts, as a part of what the circuit's own meter counts."""

    def __init__(self) -> None:
        """Begin without either."""
        self._ours: int | None = None
        self._theirs: int | None = None
        self._anchor: tuple[int, int] | None = None

    def station(self, register_mwh: int) -> None:
        """Take the register of the station: that of all its connectors together."""
        self._ours = register_mwh

    def circuit(self, register_mwh: int) -> None:
        """Take the register of the circuit's meter."""
        self._theirs = register_mwh

    def close(self) -> float | None:
        """Return the value since the last one, None while too little was charged to tell."""
        if self._ours is None or self._theirs is None:
            return None
        if self._anchor is None:
            self._anchor = (self._ours, self._theirs)
            return None
        ours, theirs = self._ours - self._anchor[0], self._theirs - self._anchor[1]
        if ours < 0 or theirs < 0:
            # A meter was replaced.
            self._anchor = (self._ours, self._theirs)
            return None
        if theirs < _ENOUGH_MWH:
            return None
        self._anchor = (self._ours, self._theirs)
        return ours / theirs
