"""OCPP 1.6 transactions and meter values (sections 4.7, 4.8 and 4.10)."""

from typing import TYPE_CHECKING, Final

from ...model.reading import MeterReading
from ...model.session import SessionFlag
from ...model.station import PLUGGED_IN
from ..authorization import Starting
from ..connection import Reply
from ..fields import instant, integer, text
from ..meter_values import offline_flags, read_meter_values
from ..metering import MeterValue
from ..moments import moment, tells_time
from ..rpc import CallRefusal, Payload
from ..samples import register_mwh
from ..turns import Start, Stop, answered, durable
from .id_tags import id_tag_info

if TYPE_CHECKING:
    from ..station import ChargingStation

_OFFLINE_S: Final = 60
_IDS: Final = range(1, 2**31)


def start_transaction(station: ChargingStation, payload: Payload) -> Reply:
    """Give a transaction its id (section 4.8); the answer waits until the ledger has it."""
    key = _start_key(station, payload)
    if station.transactions.recalls(*key):
        return _start(station, payload, key)
    return _start_unknown(station, payload, key)


async def _start_unknown(
    station: ChargingStation, payload: Payload, key: tuple[object, ...]
) -> Payload:
    """Look for the session among those no longer in memory before another is made."""
    transactions = station.transactions
    session = await station.around.history.session(transactions.session_id(*key))
    if session is not None and not transactions.recalls(*key):
        transactions.take_up(session)
    reply = _start(station, payload, key)
    return reply if isinstance(reply, dict) else await reply  # type: ignore[misc]


def _start_key(station: ChargingStation, payload: Payload) -> tuple[object, ...]:
    """Return what makes a start this one; where its time says nothing, it is only repeated while its session runs."""
    key = (
        "1.6",
        integer(payload, "connectorId"),
        text(payload, "idTag"),
        str(payload.get("meterStart")),
        str(payload.get("timestamp")),
    )
    if tells_time(instant(payload, "timestamp")):
        return key
    transactions = station.transactions
    station.counters.add("start_untimed")
    for session in transactions.running_sessions():
        again = (*key, session.started_at)
        if transactions.session_id(*again) == session.id:
            return again
    return (*key, station.clock.now())


def _start(station: ChargingStation, payload: Payload, key: tuple[object, ...]) -> Reply:
    arrived = station.clock.now()
    connector_id = _connector(station, payload)
    if connector_id == 0:
        connector_id = _connector_in_use(station)
    id_token = text(payload, "idTag")
    meter_start = payload.get("meterStart")
    sent = instant(payload, "timestamp")
    at, corrected = moment(station, sent, arrived)
    replayed = (arrived - at).total_seconds() > _OFFLINE_S
    decision = station.authorization.decide(
        id_token, at=at, starting=None if replayed else Starting(connector_id=connector_id)
    )
    flags = offline_flags(offline=replayed, corrected=corrected)
    if not decision.accepted:
        flags |= {SessionFlag.UNAUTHORIZED}
    session, kept = station.transactions.started(
        Start(
            key=key,
            connector_id=connector_id,
            at=at,
            id_token=id_token,
            register_mwh=register_mwh(meter_start),
            flags=flags,
            replayed=replayed,
        )
    )
    station.metering.show_register(connector_id)
    station.reservations.started(session, integer(payload, "reservationId"))
    if session.is_open:
        station.limits.session_started(session.connector_id)
    if id_token is not None:
        station.card_presented(
            id_token, decision, at=at, connector_id=session.connector_id, replayed=True
        )
    answer = {
        "transactionId": int(session.transaction_id),
        "idTagInfo": id_tag_info(decision),
    }
    return answer if kept is None else answered(answer, kept)


def stop_transaction(station: ChargingStation, payload: Payload) -> Reply:
    """End a transaction (section 4.10); one never heard of is kept as an orphan."""
    number = integer(payload, "transactionId")
    if number is None:
        station.counters.add("transaction_missing")
    transaction_id = str(number)
    if number is not None and station.transactions.find(transaction_id) is None:
        return _stop_unknown(station, payload, transaction_id)
    return _stop(station, payload, transaction_id)


async def _stop_unknown(station: ChargingStation, payload: Payload, transaction_id: str) -> Payload:
    """Look the transaction up among those no longer in memory."""
    session = await station.around.history.find_session(station.station_id, transaction_id)
    if session is not None and station.transactions.find(transaction_id) is None:
        station.transactions.take_up(session)
    reply = _stop(station, payload, transaction_id)
    return reply if isinstance(reply, dict) else await reply  # type: ignore[misc]


def _stop(station: ChargingStation, payload: Payload, transaction_id: str) -> Reply:
    arrived = station.clock.now()
    at, corrected = moment(station, instant(payload, "timestamp"), arrived)
    replayed = (arrived - at).total_seconds() > _OFFLINE_S
    id_token = text(payload, "idTag")
    # Whoever charges may stop in any case, so this is decided while the session still runs.
    decision = station.authorization.decide(id_token, at=at)
    meter_stop = payload.get("meterStop")
    values = sorted(
        (
            value
            for value in read_meter_values(
                station, payload, "transactionData", arrived, begin_is_news=True
            )
            if value.at <= at
        ),
        key=lambda value: value.at,
    )
    session, kept = station.transactions.stopped(
        Stop(
            key=(transaction_id, str(payload.get("timestamp")), str(meter_stop)),
            transaction_id=transaction_id,
            at=at,
            register_mwh=register_mwh(meter_stop),
            id_token=id_token,
            reason=text(payload, "reason") or "Local",
            readings=tuple(
                MeterReading(
                    at=value.at,
                    register_mwh=value.sampled.register_mwh,
                    context=value.sampled.context,
                    signed=value.sampled.signed,
                )
                for value in values
                if value.sampled.register_mwh is not None
            ),
            signed=next(
                (value.sampled.signed for value in reversed(values) if value.sampled.signed), None
            ),
            flags=offline_flags(offline=replayed, corrected=corrected),
            replayed=replayed,
        )
    )
    if session.connector_id and station.transactions.current(session.connector_id) is None:
        station.metering.rest(session.connector_id, arrived)
        station.metering.show_register(session.connector_id)
    answer: Payload = {}
    if id_token is not None:
        answer = {"idTagInfo": id_tag_info(decision)}
    return answer if kept is None else answered(answer, kept)


def meter_values(station: ChargingStation, payload: Payload) -> Reply:
    """Take meter values (section 4.7)."""
    arrived = station.clock.now()
    number = integer(payload, "transactionId")
    transaction_id = None
    if number is not None:
        if number in _IDS:
            transaction_id = str(number)
        else:
            station.counters.add("transaction_id_odd")
    connector_id = _connector(station, payload, transaction_id)
    values = read_meter_values(station, payload, "meterValue", arrived, live=True)
    if connector_id == 0 and values:
        station.counters.add("meter_values_of_station")
    if connector_id == 0 or not values:
        return {}
    if transaction_id is not None and station.transactions.find(transaction_id) is None:
        return _meter_unknown(station, connector_id, transaction_id, values)
    kept = station.metering.take(connector_id, transaction_id, values, arrived)
    return {} if kept is None else answered({}, kept)


async def _meter_unknown(
    station: ChargingStation, connector_id: int, transaction_id: str, values: list[MeterValue]
) -> Payload:
    """Look the transaction up among those no longer in memory before one is made up for it."""
    session = await station.around.history.find_session(station.station_id, transaction_id)
    if session is not None and station.transactions.find(transaction_id) is None:
        station.transactions.take_up(session)
    kept = station.metering.take(connector_id, transaction_id, values, station.clock.now())
    if kept is not None:
        await durable(kept)
    return {}


def _connector(
    station: ChargingStation, payload: Payload, transaction_id: str | None = None
) -> int:
    """Return the connector a message is about; 0 or none on a station with one connector is that one."""
    connector_id = integer(payload, "connectorId")
    if connector_id is None or connector_id == 0:
        session = station.transactions.find(transaction_id) if transaction_id else None
        if session is not None:
            return session.connector_id
        if connector_id is None:
            station.counters.add("connector_missing")
        return 1 if len(station.book.connectors) == 1 else connector_id or 0
    if not 0 < connector_id <= station.around.bounds.connectors:
        station.counters.add("connector_out_of_bounds")
        raise CallRefusal("PropertyConstraintViolation", f"no connector {connector_id}")
    station.statuses.found(connector_id)
    return connector_id


def _connector_in_use(station: ChargingStation) -> int:
    """Return the connector a transaction without one is most likely on: plugged in, else free."""
    station.counters.add("connector_guessed")
    connectors = station.book.connectors.values()
    free = [item for item in connectors if item.session is None] or list(connectors)
    likely = [item for item in free if item.status in PLUGGED_IN] or free
    return min((item.connector_id for item in likely), default=1)
