"""Functional blocks E and J: transactions and meter values."""

from collections.abc import Mapping
from dataclasses import replace
from inspect import isawaitable
from typing import TYPE_CHECKING, Final

from ...model.commands import GetTransactionStatus
from ...model.errors import CallFailedError, StationTimeoutError
from ...model.ports import Kept
from ...model.session import Session, SessionFlag
from ..authorization import Decision, Starting
from ..connection import Reply
from ..fields import integer
from ..meter_values import offline_flags, read_meter_values
from ..rpc import CallRefusal, Payload
from ..turns import Start, Stop, answered
from .accounts import UNHEARD, follows, with_begin, with_earlier_message, with_late_end, with_start
from .authorization import decide
from .blocks import Handler
from .costs import with_cost
from .events import Kind, TransactionEvent, read_event
from .values import id_token_info, type_of

if TYPE_CHECKING:
    from .adapter import Adapter2

_AUTHORIZED: Final = "Authorized"


def transaction_event(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a step of a transaction; the answer waits until the ledger has it (E01 to E07)."""
    event = read_event(adapter.station, payload)
    if adapter.station.transactions.find(event.transaction_id) is None:
        return _recall(adapter, event)
    answer, kept = _take(adapter, event)
    return with_cost(adapter, event, answer, kept)


async def _recall(adapter: Adapter2, event: TransactionEvent) -> Payload:
    """Look the transaction up among those no longer in memory before it counts as a new one."""
    station = adapter.station
    if station.transactions.find(event.transaction_id) is None:
        history = station.around.history
        uid = station.transactions.session_id("2", event.transaction_id)
        session = await history.find_session(
            station.station_id, event.transaction_id
        ) or await history.session(uid)
        if session is not None and station.transactions.find(event.transaction_id) is None:
            station.transactions.take_up(session)
    answer, kept = _take(adapter, event)
    reply = with_cost(adapter, event, answer, kept)
    return await reply if isawaitable(reply) else reply


def _take(adapter: Adapter2, event: TransactionEvent) -> tuple[Payload, Kept | None]:
    station = adapter.station
    # Whoever charges may stop in any case, so this is decided while the session still runs.
    decision = _decide(adapter, event) if event.payload.get("idToken") is not None else None
    session = _known(adapter, event)
    if event.number is not None and not adapter.progresses.of(event.transaction_id).note(
        event.number
    ):
        station.counters.add("event_repeated")
    ended = event.kind is Kind.ENDED
    if session is None:
        kept = _orphan(adapter, event) if ended else _begin(adapter, event)
    else:
        kept = _better(adapter, session, event)
        kept = (_end(adapter, event) if ended else _meter(adapter, event)) or kept
    _show(adapter, event)
    _redeem(adapter, event)
    if decision is None:
        return {}, kept
    return {"idTokenInfo": id_token_info(decision, adapter.version)}, kept


def _known(adapter: Adapter2, event: TransactionEvent) -> Session | None:
    """Return the session a message belongs to; a start after its end means that the id is used again."""
    session = adapter.station.transactions.find(event.transaction_id)
    if (
        session is not None
        and session.ended_at is not None
        and event.kind is Kind.STARTED
        and event.at > session.ended_at
    ):
        adapter.station.counters.add("transaction_id_reused")
        adapter.progresses.forget(event.transaction_id)
        return None
    return session


def _flags(adapter: Adapter2, event: TransactionEvent) -> frozenset[SessionFlag]:
    flags = offline_flags(offline=event.replayed, corrected=event.corrected)
    if event.id_token is not None and not _decide(adapter, event).accepted:
        flags |= {SessionFlag.UNAUTHORIZED}
    if event.signed is not None:
        flags |= {SessionFlag.SIGNED}
    return flags


def _decide(adapter: Adapter2, event: TransactionEvent) -> Decision:
    """Decide on the token of a message; it can be in use elsewhere where it starts, not where it stops (E03)."""
    starting = None
    if not event.replayed and (event.kind is Kind.STARTED or event.trigger == _AUTHORIZED):
        starting = Starting(connector_id=event.connector_id, transaction_id=event.transaction_id)
    return decide(adapter, event.payload, at=event.at, starting=starting)


def _begin(adapter: Adapter2, event: TransactionEvent) -> Kept | None:
    """Open a session, with its first message or with one whose start was unheard."""
    station = adapter.station
    flags = _flags(adapter, event)
    if event.kind is Kind.UPDATED:
        station.counters.add("session_adopted")
        flags |= {SessionFlag.RECONSTRUCTED}
    begin = event.first_reading
    at = event.at if begin is None or event.kind is Kind.STARTED else min(begin.at, event.at)
    session, kept = station.transactions.started(
        Start(
            key=_key(adapter, event),
            connector_id=event.connector_id,
            at=at,
            id_token=event.id_token,
            register_mwh=None if begin is None else begin.register_mwh,
            transaction_id=event.transaction_id,
            remote_start_id=event.remote_start_id,
            flags=flags,
            replayed=event.replayed,
        )
    )
    if event.id_token is not None:
        _presented(adapter, session, event)
    if session.is_open and session.connector_id:
        station.limits.session_started(session.connector_id)
    return _meter(adapter, event, begun=True) or kept


def _key(adapter: Adapter2, event: TransactionEvent) -> tuple[object, ...]:
    """Return what makes a session this one: its id, and its time too where the id was used before."""
    used = adapter.station.transactions.find(event.transaction_id)
    if used is None:
        return ("2", event.transaction_id)
    return ("2", event.transaction_id, event.at.isoformat())


def _presented(adapter: Adapter2, session: Session, event: TransactionEvent) -> None:
    """Tell of a card once per session; the time it is known from decides which one counts."""
    if event.id_token is None:
        return
    adapter.progresses.of(event.transaction_id).token_at = event.at
    adapter.station.card_presented(
        event.id_token,
        _decide(adapter, event),
        at=event.at,
        connector_id=session.connector_id or None,
        kind=type_of(event.payload),
        replayed=True,
    )


def _better(adapter: Adapter2, session: Session, event: TransactionEvent) -> Kept | None:
    """Improve on what is known of a session where a message knows more of it."""
    station = adapter.station
    can = follows(station.guard)
    after = session
    unheard = bool(session.flags & UNHEARD)
    if event.kind is Kind.STARTED and unheard:
        after = with_start(session, event, _flags(adapter, event), can)
    elif event.kind is Kind.STARTED:
        station.counters.add("start_repeated")
    elif unheard:
        after = with_earlier_message(session, event, can)
    else:
        after = with_begin(session, event)
    if event.connector_id and not after.connector_id:
        after = replace(after, connector_id=event.connector_id)
    if event.kind is not Kind.ENDED:
        after = _with_token(adapter, after, event)
        for reading in event.readings:
            after = with_late_end(after, reading, can)
    if after.remote_start_id is None and event.remote_start_id is not None:
        after = replace(after, remote_start_id=event.remote_start_id)
    after = _with_gap(adapter, after)
    if after == session and event.kind is not Kind.STARTED:
        return None
    moved = after.connector_id != session.connector_id
    kept = station.transactions.revise(after, started=event.kind is Kind.STARTED)
    if moved and after.is_open:
        station.limits.session_started(after.connector_id)
    return kept


def _with_token(adapter: Adapter2, session: Session, event: TransactionEvent) -> Session:
    """Return a session with the token it was started with: the earliest one told."""
    if event.id_token is None or event.id_token == session.id_token:
        return session
    told_at = adapter.progresses.of(event.transaction_id).token_at
    if session.id_token is not None and (told_at is None or told_at <= event.at):
        adapter.station.counters.add("token_changed")
        return session
    flags = session.flags - {SessionFlag.UNAUTHORIZED}
    if not _decide(adapter, event).accepted:
        flags |= {SessionFlag.UNAUTHORIZED}
    session = replace(session, id_token=event.id_token, flags=flags)
    _presented(adapter, session, event)
    return session


def _meter(adapter: Adapter2, event: TransactionEvent, *, begun: bool = False) -> Kept | None:
    """Take the meter values; the one that the session began with is in it already."""
    station = adapter.station
    session = station.transactions.find(event.transaction_id)
    if session is None or not event.values:
        return None
    if not session.connector_id:
        _, kept = station.transactions.metered(event.transaction_id, event.readings)
        return kept
    values = event.values
    if begun and event.first_reading is not None:
        first = event.first_reading
        values = tuple(
            value
            for value in values
            if value.sampled.register_mwh != first.register_mwh or value.at != first.at
        )
        alone = [value for value in event.values if value not in values]
        for value in alone:
            station.metering.show(session.connector_id, value, event.arrived)
        if first.signed is not None:
            station.transactions.signed_at_begin(event.transaction_id, first.signed)
    kept = station.metering.take(session.connector_id, event.transaction_id, values, event.arrived)
    station.metering.show_register(session.connector_id)
    return kept


def _stop(adapter: Adapter2, event: TransactionEvent, *, unheard: bool) -> Stop:
    """Return the stop; that it came late is no news of a session whose start came in time."""
    end = event.last_reading
    flags = offline_flags(offline=event.replayed and unheard, corrected=event.corrected)
    progress = adapter.progresses.of(event.transaction_id)
    if progress.gap:
        session = adapter.station.transactions.find(event.transaction_id)
        if session is None or SessionFlag.GAP not in session.flags:
            progress.flagged = True
        flags |= {SessionFlag.GAP}
    return Stop(
        key=(event.transaction_id,),
        transaction_id=event.transaction_id,
        connector_id=event.connector_id,
        session_key=("2", event.transaction_id),
        at=event.at,
        register_mwh=None if end is None else end.register_mwh,
        id_token=event.id_token,
        reason=event.stopped_reason or "Local",
        readings=tuple(
            reading
            for reading in event.readings
            if reading is not end and reading.at <= event.at and reading != end
        ),
        signed=event.signed,
        flags=flags,
        replayed=event.replayed,
    )


def _end(adapter: Adapter2, event: TransactionEvent) -> Kept | None:
    """End a session."""
    station = adapter.station
    session, kept = station.transactions.stopped(_stop(adapter, event, unheard=False))
    if session.connector_id and station.transactions.current(session.connector_id) is None:
        station.metering.rest(session.connector_id, event.arrived)
        station.metering.show_register(session.connector_id)
    return kept


def _orphan(adapter: Adapter2, event: TransactionEvent) -> Kept | None:
    """Keep the end of a transaction nobody told of, until its start comes."""
    _, kept = adapter.station.transactions.stopped(_stop(adapter, event, unheard=True))
    return kept


def _with_gap(adapter: Adapter2, session: Session) -> Session:
    """Return a session flagged where it ended and its messages are not all there."""
    progress = adapter.progresses.of(session.transaction_id)
    has_gap = SessionFlag.GAP in session.flags
    if session.ended_at is not None and progress.gap and not has_gap:
        progress.flagged = True
        return replace(session, flags=session.flags | {SessionFlag.GAP})
    if has_gap and progress.flagged and not progress.gap:
        progress.flagged = False
        return replace(session, flags=session.flags - {SessionFlag.GAP})
    return session


def _show(adapter: Adapter2, event: TransactionEvent) -> None:
    """Let the status follow the charging state of the transaction that runs, or ran last."""
    session = adapter.station.transactions.find(event.transaction_id)
    if session is None or not session.connector_id:
        return
    current = adapter.station.transactions.current(session.connector_id)
    if current is not None and current.id == session.id and event.kind is not Kind.ENDED:
        newest = adapter.progresses.of(event.transaction_id).is_newest(event.number)
        adapter.evses.charging(session.connector_id, event.charging_state, event.at, newest=newest)
    elif current is None and event.kind is Kind.ENDED:
        adapter.evses.ended(session.connector_id, event.charging_state, event.at)


def _redeem(adapter: Adapter2, event: TransactionEvent) -> None:
    """Take that a transaction ends a reservation (H03)."""
    number = integer(event.payload, "reservationId")
    session = adapter.station.transactions.find(event.transaction_id)
    if number is not None and session is not None:
        adapter.station.reservations.started(session, number)


def meter_values(adapter: Adapter2, payload: Payload) -> Reply:
    """Take meter values outside transactions (J01); EVSE 0 is the station's own meter, which nobody bills."""
    station = adapter.station
    evse_id = integer(payload, "evseId")
    if evse_id is None:
        station.counters.add("connector_missing")
        evse_id = 1 if len(station.book.connectors) == 1 else 0
    if not 0 <= evse_id <= station.around.bounds.connectors:
        station.counters.add("connector_out_of_bounds")
        raise CallRefusal("PropertyConstraintViolation", f"no EVSE {evse_id}")
    arrived = station.clock.now()
    values = read_meter_values(station, payload, "meterValue", arrived, live=True)
    if evse_id == 0 or not values:
        return {}
    station.statuses.found(evse_id)
    kept = station.metering.take(evse_id, None, values, arrived)
    return {} if kept is None else answered({}, kept)


async def check_sessions(adapter: Adapter2) -> None:
    """Ask after the sessions that are open, and close those the station knows nothing of (E14)."""
    station = adapter.station
    for connector in tuple(station.book.connectors.values()):
        session = connector.session
        if session is None:
            continue
        try:
            result = await station.command(
                GetTransactionStatus(transaction_id=session.transaction_id)
            )
        except CallFailedError, StationTimeoutError:
            station.counters.add("transaction_status_unanswered")
            continue
        queued = result.answer.get("messagesInQueue") is not False
        if result.answer.get("ongoingIndicator") is False and not queued:
            station.transactions.lost(session.transaction_id)


HANDLERS: Final[Mapping[str, Handler]] = {
    "TransactionEvent": transaction_event,
    "MeterValues": meter_values,
}
