"""Stories of a station's day, as messages that can be told in any order and what they must come to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from custom_components.chargestead.model.session import Session, SessionFlag

from .transaction_fixtures import House, at

STOPPED_FLAGS = {SessionFlag.OFFLINE}


@dataclass(frozen=True)
class Message:
    """Something the station says of a visit (a number), or of a connector."""

    kind: str
    seconds: int
    connector: int
    visit: int | None = None
    wh: int = 0
    word: str = ""
    named: bool = True


@dataclass
class Visit:
    """A charge as it really was."""

    connector: int
    begin: int
    start_wh: int
    card: str
    readings: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0
    stop_wh: int = 0


@dataclass
class Day:
    """All that happened, and all that is said of it in the order in which it happened."""

    connectors: int
    visits: list[Visit] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


def make_day(chance: Random) -> Day:
    """Return a day with one or two connectors; at most 11 kW flow, nothing is closer than the clock tells apart."""
    day = Day(chance.randint(1, 2))
    for connector in range(1, day.connectors + 1):
        seconds, wh = chance.randint(0, 500), chance.randint(0, 5_000_000)
        for _ in range(chance.randint(1, 4)):
            seconds, wh = _make_visit(day, chance, connector, seconds, wh)
    day.messages.sort(key=lambda message: message.seconds)
    return day


def _make_visit(day: Day, chance: Random, connector: int, seconds: int, wh: int) -> tuple[int, int]:
    number = len(day.visits)
    visit = Visit(connector, seconds, wh, chance.choice(["CARD", "OTHER"]))
    say = day.messages.append
    say(Message("status", seconds, connector, word="Preparing"))
    say(Message("start", seconds, connector, number, wh))
    say(Message("status", seconds + 1, connector, word="Charging"))
    for _ in range(chance.randint(0, 5)):
        step = chance.randint(1, 900)
        seconds, wh = seconds + step, wh + chance.randint(0, step * 3)
        visit.readings.append((seconds, wh))
        say(Message("meter", seconds, connector, number, wh, named=chance.random() < 0.9))
    step = chance.choice([0, 2, 600])
    seconds, wh = seconds + step, wh + chance.randint(0, step * 3)
    visit.end, visit.stop_wh = seconds, wh
    say(Message("stop", seconds, connector, number, wh))
    say(Message("status", seconds, connector, word="Finishing"))
    seconds += chance.randint(1, 300)
    say(Message("status", seconds, connector, word="Available"))
    if chance.random() < 0.5:
        say(Message("meter", seconds + 5, connector, None, wh))
    day.visits.append(visit)
    return seconds + chance.choice([10, 4000]), wh + chance.choice([0, 0, 50])


def disturb(day: Day, chance: Random, *, restarts: bool) -> Iterator[Message | None]:
    """Tell the messages in another order, some twice, some never; None stands for a restart of ours.

    A station learns the id of a transaction from our answer, so a start comes before what names it.
    """
    told = [
        message for message in day.messages if message.kind == "start" or chance.random() > 0.15
    ]
    told += chance.sample(told, chance.randint(0, len(told)))
    mode = chance.choice(["shuffled", "nearly", "in order"])
    if mode == "shuffled":
        chance.shuffle(told)
    else:
        jitter = 3000 if mode == "nearly" else 0
        told.sort(key=lambda message: message.seconds + chance.uniform(0, jitter))
    started: set[int] = set()
    waiting: list[Message] = []
    for message in told:
        if message.visit is not None and message.kind != "start" and message.visit not in started:
            waiting.append(message)
            continue
        yield message
        if message.kind == "start" and message.visit is not None:
            started.add(message.visit)
            yield from [item for item in waiting if item.visit == message.visit]
            waiting = [item for item in waiting if item.visit != message.visit]
        if restarts and chance.random() < 0.15:
            yield None


async def tell(
    house: House, day: Day, chance: Random, *, restarts: bool
) -> tuple[dict[int, int], set[Message]]:
    """Deliver a disturbed day, all of it late; returns the ids of the visits and what was said."""
    house.clock.go_to(max(message.seconds for message in day.messages) + 100)
    ids: dict[int, int] = {}
    said: set[Message] = set()
    for message in disturb(day, chance, restarts=restarts):
        if message is None:
            await house.restart()
            continue
        said.add(message)
        house.clock.advance(chance.uniform(0, 3))
        named = ids.get(message.visit) if message.visit is not None and message.named else None
        if message.kind == "start" and message.visit is not None:
            card = day.visits[message.visit].card
            given = await house.start(
                message.seconds, message.wh, connector=message.connector, id_tag=card
            )
            assert ids.setdefault(message.visit, given) == given, "a start that is repeated"
            assert given == max(ids.values()) or list(ids.values()).count(given) == 1
        elif message.kind == "meter":
            await house.meter(message.seconds, message.wh, named, connector=message.connector)
        elif message.kind == "stop":
            await house.stop(ids[message.visit or 0], message.seconds, message.wh)
        else:
            await house.status(message.seconds, message.word, message.connector)
    house.clock.advance(20)
    return ids, said


async def check(house: House, day: Day, ids: dict[int, int], said: set[Message]) -> None:
    """Compare the ledger with what really happened."""
    sessions = await house.ledger.sessions()
    assert len(sessions) == len(day.visits), "nothing is made up, nothing is lost"
    assert list(ids.values()) == sorted(set(ids.values())), "ids are unique and increase"
    for number, visit in enumerate(day.visits):
        session = await house.session(ids[number])
        context = (number, visit, session)
        assert session.connector_id == visit.connector, context
        assert session.started_at == at(visit.begin), context
        assert session.register_start_mwh == visit.start_wh * 1000, context
        assert session.id_token == visit.card, context
        mine = {message for message in said if message.visit == number}
        named = {
            (message.seconds, message.wh)
            for message in mine
            if message.kind == "meter" and message.named
        }
        unnamed = {
            (message.seconds, message.wh)
            for message in said
            if message.kind == "meter"
            and not (message.named and message.visit is not None)
            and message.connector == visit.connector
            and message.seconds >= visit.begin
        }
        kept = {
            (int((item.at - at(0)).total_seconds()), item.register_mwh // 1000)
            for item in await house.ledger.readings(session.id)
        }
        edges = {(visit.begin, visit.start_wh)}
        if any(message.kind == "stop" for message in mine):
            edges.add((visit.end, visit.stop_wh))
            _check_stopped(session, visit)
        else:
            _check_unstopped(session, visit, named, unnamed, later=_is_followed(day, visit))
        assert named | edges <= kept, (context, named | edges, kept)
        assert kept <= {*visit.readings, *edges, *unnamed}, (context, kept)
    for connector in range(1, day.connectors + 1):
        shown = house.shown(connector)
        assert shown is None or shown == await house.session(shown.transaction_id)


def _check_stopped(session: Session, visit: Visit) -> None:
    assert session.ended_at == at(visit.end), (visit, session)
    assert session.energy_mwh == (visit.stop_wh - visit.start_wh) * 1000, (visit, session)
    assert session.flags <= STOPPED_FLAGS, (visit, session)


def _check_unstopped(
    session: Session,
    visit: Visit,
    named: set[tuple[int, int]],
    unnamed: set[tuple[int, int]],
    *,
    later: bool,
) -> None:
    """Expect what is missing to be flagged, and what was said booked; readings that name nobody may be too."""
    told = [visit.start_wh, *(wh for _, wh in named)]
    last_wh = (session.register_last_mwh or 0) // 1000
    assert max(told) <= last_wh <= max([*told, *(wh for _, wh in unnamed)]), (visit, session)
    assert (SessionFlag.FORGOTTEN in session.flags) == (not session.is_open), (visit, session)
    if later:
        assert not session.is_open, (visit, session)


def _is_followed(day: Day, visit: Visit) -> bool:
    return any(
        other.connector == visit.connector and other.begin > visit.begin for other in day.visits
    )
