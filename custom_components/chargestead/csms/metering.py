"""From meter values to live measurements and session readings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from ..model.events import Event, RegisterRead
from ..model.ports import Kept
from ..model.reading import NO_MEASUREMENTS, NO_PHASES, MeterReading
from ..model.session import Session, SessionFlag
from ..model.station import ConnectorStatus
from .book import Book
from .counters import Counters
from .register import Verdict
from .sample_plans import Quantity
from .samples import Sampled, merge, total
from .transactions import Transactions

_LIVE: Final = timedelta(seconds=120)
_SHORTEST_S: Final = 5
_RUNNING: Final = frozenset(
    {ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE}
)
_BY_TIME: Final = attrgetter("at")


@dataclass(slots=True)
class MeterValue:
    """One meter value of a message: what was sampled, and when by our clock."""

    at: datetime
    sampled: Sampled


class Metering:
    """Takes the meter values of one station."""

    def __init__(
        self,
        station_id: str,
        book: Book,
        transactions: Transactions,
        counters: Counters,
        publish: Callable[[Event], Kept | None],
    ) -> None:
        """Write live values to the book and readings to the transactions."""
        self._station_id = station_id
        self._book = book
        self._transactions = transactions
        self._counters = counters
        self._publish = publish
        self._measures: dict[int, set[Quantity]] = {}

    def take(
        self,
        connector_id: int,
        transaction_id: str | None,
        values: Sequence[MeterValue],
        arrived: datetime,
    ) -> Kept | None:
        """Take the meter values of one message, in the order of their times."""
        ordered = sorted(values, key=_BY_TIME) if len(values) > 1 else values
        readings = [
            MeterReading(
                at=value.at,
                register_mwh=value.sampled.register_mwh,
                context=value.sampled.context,
                signed=None if value.sampled.signed_at_begin else value.sampled.signed,
            )
            for value in ordered
            if value.sampled.register_mwh is not None
        ]
        before = self._transactions.guard(connector_id)
        last = (before.register_mwh, before.at)
        kept = self._register(connector_id, transaction_id, readings) if readings else None
        for value in ordered:
            self._live(connector_id, value, arrived, last)
            self._flow(connector_id, transaction_id, value)
            if value.sampled.signed is not None and (
                value.sampled.signed_at_begin or value.sampled.register_mwh is None
            ):
                kept = self._signature(transaction_id, value.sampled) or kept
        return kept

    def _flow(self, connector_id: int, transaction_id: str | None, value: MeterValue) -> None:
        """Tell the session of a power, for stations that measure nothing else."""
        if value.sampled.register_mwh is not None:
            return
        power_w = total(value.sampled.live.get(Quantity.POWER))
        if power_w is None:
            return
        session = self._transactions.find(transaction_id) if transaction_id else None
        session = session or self._transactions.running(connector_id, value.at)
        if session is not None and session.is_open and session.connector_id == connector_id:
            self._transactions.flowed(session, power_w, value.at)

    def _signature(self, transaction_id: str | None, sampled: Sampled) -> Kept | None:
        """Keep a signature that comes without its register: that of the begin is known, others have none."""
        if transaction_id is not None and sampled.signed_at_begin and sampled.signed is not None:
            kept = self._transactions.signed_at_begin(transaction_id, sampled.signed)
            if kept is not None:
                return kept
        self._counters.add("signature_without_register")
        return None

    def _register(
        self, connector_id: int, transaction_id: str | None, readings: list[MeterReading]
    ) -> Kept | None:
        """Book readings on the sessions they belong to, those of none on the connector."""
        transactions = self._transactions
        told = transactions.find(transaction_id) if transaction_id is not None else None
        if told is not None and told.connector_id != connector_id:
            self._counters.add("transaction_of_other_connector")
            told = transaction_id = None
        kept = None
        for session, taken in self._by_owner(connector_id, told, readings):
            if session is not None:
                if transaction_id not in (None, session.transaction_id):
                    self._counters.add("transaction_id_differs")
                newest = transactions.metered(session.transaction_id, taken)[1]
            elif transaction_id is not None and told is None and self._runs(connector_id):
                adopted, newest = transactions.adopted(transaction_id, connector_id, taken[0])
                if taken[1:]:
                    newest = transactions.metered(adopted.transaction_id, taken[1:])[1]
            else:
                newest = self._idle(connector_id, taken)
            kept = newest or kept
        self.show_register(connector_id)
        return kept

    def _by_owner(
        self, connector_id: int, told: Session | None, readings: list[MeterReading]
    ) -> Iterable[tuple[Session | None, list[MeterReading]]]:
        """Return the readings in their order, divided where another session begins or ends."""
        if len(readings) == 1:
            return ((self._owner(connector_id, told, readings[0]), readings),)
        divided = groupby(readings, lambda reading: self._owner(connector_id, told, reading))
        return ((session, list(some)) for session, some in divided)

    def _owner(
        self, connector_id: int, told: Session | None, reading: MeterReading
    ) -> Session | None:
        """Return the session of a reading: the one it names, unless that had ended or another had begun by then."""
        running = self._transactions.running(connector_id, reading.at)
        if told is None:
            return running
        if (
            running is not None
            and running.id != told.id
            and told.started_at < running.started_at < reading.at
        ):
            return running
        if told.ended_at is None or SessionFlag.FORGOTTEN in told.flags:
            return told
        return running if reading.at > told.ended_at else told

    def _runs(self, connector_id: int) -> bool:
        return self._book.connector(connector_id).status in _RUNNING

    def _idle(self, connector_id: int, readings: list[MeterReading]) -> Kept | None:
        """Keep registers read outside any session."""
        guard = self._transactions.guard(connector_id)
        kept = None
        for reading in readings:
            verdict = guard.judge(reading.register_mwh, reading.at)
            if verdict in (Verdict.GOOD, Verdict.REPLACED):
                kept = self._publish(
                    RegisterRead(
                        station_id=self._station_id,
                        at=reading.at,
                        connector_id=connector_id,
                        reading=reading,
                    )
                )
            else:
                self._counters.add(f"register_{verdict.name.lower()}")
        return kept

    def show_register(self, connector_id: int) -> None:
        """Show the newest believed register of a connector."""
        guard = self._transactions.guard(connector_id)
        if guard.at != self._book.connector(connector_id).register_at:
            changing = self._book.changing(connector_id)
            changing.register_mwh, changing.register_at = guard.register_mwh, guard.at

    def show(self, connector_id: int, value: MeterValue, arrived: datetime) -> None:
        """Show live values whose register has been taken already."""
        guard = self._transactions.guard(connector_id)
        self._live(connector_id, value, arrived, (guard.register_mwh, guard.at))

    def _live(
        self,
        connector_id: int,
        value: MeterValue,
        arrived: datetime,
        last: tuple[int | None, datetime | None],
    ) -> None:
        connector = self._book.connector(connector_id)
        previous = connector.measurements
        if arrived - value.at > _LIVE or (previous.at is not None and value.at < previous.at):
            self._counters.add("live_value_old")
            return
        seen = self._measures.setdefault(connector_id, set())
        seen.update(value.sampled.live)
        measurements = merge(
            previous, value.sampled, value.at, derive_power=Quantity.POWER not in seen
        )
        register_mwh = value.sampled.register_mwh
        if Quantity.POWER not in seen and Quantity.CURRENT not in seen and register_mwh is not None:
            power_w = self._mean_power(connector_id, register_mwh, value.at, last)
            measurements = replace(measurements, at=value.at, power_w=power_w)
        if measurements is not previous:
            self._book.changing(connector_id).measurements = measurements

    def _mean_power(
        self,
        connector_id: int,
        register_mwh: int,
        at: datetime,
        last: tuple[int | None, datetime | None],
    ) -> float | None:
        """Return the power in W that the register tells of, for stations that measure nothing else.

        A register that tells of none leaves a connector at rest as it is.
        """
        before, since = last
        connector = self._book.connector(connector_id)
        believed = self._transactions.guard(connector_id).register_mwh
        untold = connector.measurements.power_w if connector.session is None else None
        if before is None or since is None or believed is None:
            return untold
        if not before <= register_mwh <= believed:
            return untold
        seconds = (at - since).total_seconds()
        if seconds < _SHORTEST_S:
            return connector.measurements.power_w
        return (register_mwh - before) * 3.6 / seconds

    def rest(self, connector_id: int, at: datetime) -> None:
        """Show that nothing flows, also where nothing had been measured yet."""
        before = self._book.connector(connector_id).measurements
        first, second, third = (None if amps is None else 0.0 for amps in before.current_a)
        if before.max_current_a is None:
            first = 0.0
        self._book.changing(connector_id).measurements = replace(
            before, at=at, power_w=0.0, current_a=(first, second, third)
        )

    def vehicle_left(self, connector_id: int) -> None:
        """Show no state of charge any more: the next vehicle has another."""
        before = self._book.connector(connector_id).measurements
        if before.state_of_charge is not None:
            self._book.changing(connector_id).measurements = replace(before, state_of_charge=None)

    def lose(self, connector_id: int) -> None:
        """Show that nothing is known any more."""
        before = self._book.connector(connector_id).measurements
        if before != NO_MEASUREMENTS:
            self._book.changing(connector_id).measurements = replace(
                before, power_w=None, current_a=NO_PHASES
            )
