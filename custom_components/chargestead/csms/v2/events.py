"""TransactionEvent, read (OCPP 2.0.1 part 2, E01 to E07)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from ...model.reading import MeterReading, ReadingContext
from ..fields import instant, integer, text
from ..meter_values import read_meter_values
from ..metering import MeterValue
from ..moments import moment
from ..rpc import CallRefusal, Payload
from .values import evse_of, inner, token_of

if TYPE_CHECKING:
    from ..station import ChargingStation

_OFFLINE_S: Final = 60
_AT_THE_END: Final = timedelta(seconds=5)
_LONGEST_ID: Final = 255


class Kind(Enum):
    """Where in its transaction a message stands."""

    STARTED = auto()
    UPDATED = auto()
    ENDED = auto()


_KINDS: Final = {"started": Kind.STARTED, "updated": Kind.UPDATED, "ended": Kind.ENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionEvent:
    """What one message says of a transaction; `connector_id` is 0 where the EVSE is not known."""

    kind: Kind
    transaction_id: str
    at: datetime
    arrived: datetime
    number: int | None
    connector_id: int
    trigger: str | None
    id_token: str | None
    charging_state: str | None
    stopped_reason: str | None
    remote_start_id: int | None
    values: tuple[MeterValue, ...]
    replayed: bool
    corrected: bool
    payload: Payload

    @property
    def readings(self) -> tuple[MeterReading, ...]:
        """Return the registers in the message, in the order of their times."""
        return tuple(
            MeterReading(
                at=value.at,
                register_mwh=value.sampled.register_mwh,
                context=value.sampled.context,
                signed=value.sampled.signed,
            )
            for value in self.values
            if value.sampled.register_mwh is not None
        )

    @property
    def first_reading(self) -> MeterReading | None:
        """Return the register the transaction began with: the one that says so, else the first."""
        readings = self.readings
        begins = (item for item in readings if item.context is ReadingContext.BEGIN)
        return next(begins, readings[0] if readings else None)

    @property
    def last_reading(self) -> MeterReading | None:
        """Return the register the transaction ended with: the one that says so, else one read about then."""
        readings = self.readings
        ends = (item for item in reversed(readings) if item.context is ReadingContext.END)
        end = next(ends, None)
        if end is None and readings and readings[-1].at >= self.at - _AT_THE_END:
            return readings[-1]
        return end

    @property
    def signed(self) -> str | None:
        """Return the last signed value in the message."""
        return next(
            (value.sampled.signed for value in reversed(self.values) if value.sampled.signed), None
        )


def read_event(station: ChargingStation, payload: Payload) -> TransactionEvent:
    """Read a message; only one without a transaction id means nothing."""
    info = inner(payload, "transactionInfo")
    transaction_id = text(info, "transactionId")
    if transaction_id is None:
        raise CallRefusal("OccurenceConstraintViolation", "transactionId is missing")
    if len(transaction_id) > _LONGEST_ID:
        raise CallRefusal("PropertyConstraintViolation", "transactionId is too long")
    kind = _KINDS.get((text(payload, "eventType") or "").lower())
    if kind is None:
        station.counters.add("event_type_unknown")
        kind = Kind.UPDATED
    arrived = station.clock.now()
    offline = payload.get("offline") is True
    at, corrected = moment(station, instant(payload, "timestamp"), arrived, live=not offline)
    session = station.transactions.find(transaction_id)
    values = read_meter_values(
        station,
        payload,
        "meterValue",
        arrived,
        begin_is_news=kind is not Kind.UPDATED
        or session is None
        or session.register_start_mwh is None,
    )
    number = integer(payload, "seqNo")
    if number is None:
        station.counters.add("event_unnumbered")
    return TransactionEvent(
        kind=kind,
        transaction_id=transaction_id,
        at=at,
        arrived=arrived,
        number=number,
        connector_id=_connector(station, payload),
        trigger=text(payload, "triggerReason"),
        id_token=token_of(payload),
        charging_state=text(info, "chargingState"),
        stopped_reason=text(info, "stoppedReason"),
        remote_start_id=integer(info, "remoteStartId"),
        values=tuple(sorted(values, key=lambda value: value.at)),
        replayed=offline or (arrived - at).total_seconds() > _OFFLINE_S,
        corrected=corrected,
        payload=payload,
    )


def _connector(station: ChargingStation, payload: Payload) -> int:
    evse_id = evse_of(station, payload)
    if evse_id is not None:
        station.statuses.found(evse_id)
        return evse_id
    return 1 if len(station.book.connectors) == 1 else 0
