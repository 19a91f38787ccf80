"""Whatever order events come in and however often, the ledger ends the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from itertools import permutations
from random import Random

from hypothesis import given, settings, strategies as st
import pytest
from sqlalchemy import Connection, Engine, StaticPool, create_engine

from custom_components.chargestead.billing.ledger import Ledger, queries
from custom_components.chargestead.billing.ledger.merge import merge
from custom_components.chargestead.billing.ledger.schema import METADATA
from custom_components.chargestead.billing.ledger.store import KeptEvent, write
from custom_components.chargestead.model.events import RegisterRead, SessionStarted
from custom_components.chargestead.model.reading import MeterReading, ReadingContext
from custom_components.chargestead.model.session import Session, SessionFlag

from .stories import (
    NOON,
    STATION,
    ManualClock,
    after,
    ended,
    make_session,
    metered,
    reading,
    tell_end,
    tell_register,
    tell_start,
    tell_update,
)


@dataclass(slots=True)
class History:
    """What a station tells of some sessions, in the order in which it happened."""

    events: list[KeptEvent] = field(default_factory=list)
    last: dict[str, Session] = field(default_factory=dict)

    def add(self, event: KeptEvent) -> None:
        """Tell one more thing."""
        self.events.append(event)
        if hasattr(event, "session"):
            self.last[event.session.id] = event.session

    @property
    def readings(self) -> dict[str, list[MeterReading]]:
        """Return the readings told of each session, of one moment and context only the greatest."""
        told: dict[str, dict[object, MeterReading]] = {uid: {} for uid in self.last}
        for event in self.events:
            if isinstance(event, RegisterRead | SessionStarted):
                continue
            for taken in event.readings:
                kept = told[event.session.id]
                moment = (taken.at, taken.context)
                kept[moment] = max(
                    taken, kept.get(moment, taken), key=lambda item: item.register_mwh
                )
        return {
            uid: sorted(kept.values(), key=lambda item: (item.at, item.register_mwh))
            for uid, kept in told.items()
        }

    @property
    def registers(self) -> dict[int, tuple[int, datetime]]:
        """Return the newest register told of each connector."""
        told: list[tuple[int, datetime, int]] = []
        for event in self.events:
            if isinstance(event, RegisterRead):
                told.append((event.connector_id, event.reading.at, event.reading.register_mwh))
                continue
            session = event.session
            if session.register_last_at is not None and session.register_last_mwh is not None:
                told.append(
                    (session.connector_id, session.register_last_at, session.register_last_mwh)
                )
            told += [
                (session.connector_id, taken.at, taken.register_mwh)
                for taken in getattr(event, "readings", ())
            ]
        return {connector_id: (register_mwh, at) for connector_id, at, register_mwh in sorted(told)}


FLAGS = st.sampled_from([SessionFlag.OFFLINE, SessionFlag.SIGNED, SessionFlag.UNAUTHORIZED])
CONTEXTS = st.sampled_from([ReadingContext.PERIODIC, ReadingContext.ALIGNED, ReadingContext.OTHER])


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw up to three sessions: starts, readings, a replaced register, ends assumed and told, late readings."""
    history = History()
    for number in range(draw(st.integers(1, 3))):
        _tell_session(draw, history, number)
    for seconds in draw(st.lists(st.integers(0, 5000), max_size=3)):
        history.add(tell_register(reading(seconds, seconds), draw(st.integers(1, 2))))
    return history


def _tell_session(draw: st.DrawFn, history: History, number: int) -> None:
    seconds, register = 1000 * number, draw(st.integers(0, 10_000))
    baseline = draw(st.booleans())
    session = make_session(
        number,
        started_at=after(seconds),
        id_token=draw(st.sampled_from([None, "04A2B3"])),
        register_start_mwh=register if baseline else None,
    )
    if baseline:
        session = metered(session, seconds, register)
    history.add(tell_start(session))
    for _ in range(draw(st.integers(0, 4))):
        step = draw(st.integers(0, 60))
        seconds, register = seconds + step, register + draw(st.integers(1, 100))
        if step and draw(st.integers(0, 9)) == 0:
            register = draw(st.integers(0, 50))
            session = replace(
                session,
                register_start_mwh=register - (session.energy_mwh or 0),
                flags=session.flags | {SessionFlag.REGISTER_REPLACED},
            )
        elif session.register_start_mwh is None:
            session = replace(session, register_start_mwh=register)
        session = metered(session, seconds, register)
        session = replace(session, flags=session.flags | set(draw(st.sets(FLAGS, max_size=1))))
        history.add(tell_update(session, [reading(seconds, register, draw(CONTEXTS))]))
    if draw(st.booleans()):
        forgotten = ended(session, seconds, register, stop_reason=None)
        history.add(tell_end(replace(forgotten, flags=session.flags | {SessionFlag.FORGOTTEN})))
    if draw(st.booleans()):
        seconds, register = seconds + draw(st.integers(0, 60)), register + 7
        end = ended(session, seconds, register)
        history.add(tell_end(end, [reading(seconds, register, ReadingContext.END)]))
        if draw(st.booleans()):
            late = reading(end.started_at.timestamp() - NOON.timestamp() + 1, 3)
            history.add(tell_update(end, [late]))


@cache
def empty_ledger() -> Engine:
    """Return a ledger in memory, in which no transaction is ever committed."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    METADATA.create_all(engine)
    return engine


type Content = tuple[
    dict[str, Session], dict[str, list[MeterReading]], dict[int, tuple[int, datetime]]
]


def content(connection: Connection) -> Content:
    """Return all that is kept."""
    sessions = {
        item.id: item
        for item in queries.sessions(connection, queries.SessionFilter(), limit=None, offset=0)
    }
    readings = {uid: queries.readings(connection, uid) for uid in sessions}
    return sessions, readings, dict(queries.registers(connection, STATION))


def deliver(batches: Sequence[Sequence[KeptEvent]]) -> Content:
    """Write batches into an empty ledger and return what it then holds."""
    with empty_ledger().connect() as connection:
        for batch in batches:
            write(connection, batch)
        return content(connection)


@settings(max_examples=100, deadline=None)
@given(histories())
def test_events_in_order_end_with_what_was_told_last(history: History) -> None:
    sessions, readings, registers = deliver([[event] for event in history.events])

    assert sessions == history.last
    assert readings == history.readings
    assert registers == history.registers


@settings(max_examples=100, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.data())
def test_order_repetition_and_grouping_change_nothing(
    history: History, random: Random, data: st.DataObject
) -> None:
    in_order = deliver([[event] for event in history.events])
    shuffled = history.events + data.draw(st.lists(st.sampled_from(history.events), max_size=5))
    random.shuffle(shuffled)
    batches: list[list[KeptEvent]] = [[]]
    for event in shuffled:
        if random.random() < 0.4:
            batches.append([])
        batches[-1].append(event)

    assert deliver(batches) == in_order


@settings(max_examples=100, deadline=None)
@given(histories())
def test_merging_is_commutative_associative_and_idempotent(history: History) -> None:
    accounts: dict[str, list[Session]] = {}
    for event in history.events:
        if hasattr(event, "session"):
            accounts.setdefault(event.session.id, []).append(event.session)
    for told in accounts.values():
        for one, two, three in permutations(told[-4:], 3):
            assert merge(one, one) == one
            assert merge(one, two) == merge(two, one)
            assert merge(merge(one, two), three) == merge(one, merge(two, three))


BASE = make_session()
OPEN = metered(BASE, 90, 5_000_900)
END = ended(BASE, 300, 5_700_000)
FORGOTTEN = replace(
    ended(BASE, 90, 5_000_900, stop_reason=None), flags=frozenset({SessionFlag.FORGOTTEN})
)
CORRECTED = replace(metered(BASE, 30, 5_000_300), flags=frozenset({SessionFlag.CLOCK_CORRECTED}))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(END, OPEN, id="an end over an open session"),
        pytest.param(FORGOTTEN, metered(BASE, 900, 5_900_000), id="an assumed end too"),
        pytest.param(END, FORGOTTEN, id="an end that was told over one we assumed"),
        pytest.param(
            ended(BASE, 60, 5_000_600),
            FORGOTTEN,
            id="an end that was told, though earlier",
        ),
        pytest.param(OPEN, BASE, id="a register over none"),
        pytest.param(metered(BASE, 91, 7), OPEN, id="the later register, though smaller"),
        pytest.param(metered(BASE, 90, 5_000_901), OPEN, id="the greater of one moment"),
        pytest.param(CORRECTED, OPEN, id="corrected times over wrong ones"),
        pytest.param(
            replace(OPEN, flags=frozenset({SessionFlag.SIGNED})), OPEN, id="one flag more"
        ),
        pytest.param(
            replace(END, started_at=after(1)), END, id="the earlier start of the same end"
        ),
        pytest.param(
            replace(END, register_start_mwh=4_000_000), END, id="the lower start of the same end"
        ),
        pytest.param(replace(END, stop_id_token="04FF"), END, id="who stopped it over nobody"),
    ],
)
def test_of_two_accounts_the_better_one_holds(better: Session, worse: Session) -> None:
    assert merge(better, worse) == better
    assert merge(worse, better) == better


def test_an_end_that_comes_first_learns_of_its_start_later() -> None:
    end = replace(END, started_at=END.ended_at or NOON, register_start_mwh=None, id_token=None)
    start = replace(BASE, remote_start_id=9)

    merged = merge(end, start)

    assert merged == replace(END, remote_start_id=9)
    assert merge(start, end) == merged
    assert merged.energy_mwh == 700_000


async def test_a_ledger_closed_and_opened_between_shuffled_events_ends_the_same(
    url: str, clock: ManualClock
) -> None:
    session = make_session()
    events = [
        tell_start(session),
        *(
            tell_update(
                metered(session, 60 + step, 5_000_000 + step),
                [reading(60 + step, 5_000_000 + step)],
            )
            for step in range(10)
        ),
        tell_end(ended(session, 300, 5_700_000), [reading(300, 5_700_000, ReadingContext.END)]),
    ]
    shuffled = events * 2
    Random(4).shuffle(shuffled)
    for batch in (shuffled[:5], shuffled[5:11], shuffled[11:]):
        ledger = await Ledger.open(url, clock=clock)
        for event in batch:
            ledger.keep(event)
        await ledger.close()

    ledger = await Ledger.open(url, clock=clock)
    assert await ledger.sessions() == [ended(session, 300, 5_700_000)]
    assert await ledger.readings(session.id) == [
        *(reading(60 + step, 5_000_000 + step) for step in range(10)),
        reading(300, 5_700_000, ReadingContext.END),
    ]
    assert await ledger.registers(STATION) == {1: (5_700_000, after(300))}
    await ledger.close()
