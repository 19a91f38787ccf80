"""The tables, how older ones become these, and that questions are answered from an index."""

from collections.abc import Callable, Iterator
from pathlib import Path
import sqlite3
from typing import Any

import pytest
from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from custom_components.chargestead.billing.ledger import Ledger, SessionFilter, queries
from custom_components.chargestead.billing.ledger.database import open_database
from custom_components.chargestead.billing.ledger.engine import make_engine, parse
from custom_components.chargestead.billing.ledger.migrations import (
    MIGRATIONS,
    Migration,
    bring_up_to_date,
)
from custom_components.chargestead.billing.ledger.rows import CONTEXT_CODES
from custom_components.chargestead.billing.ledger.schema import METADATA, READINGS, SESSIONS
from custom_components.chargestead.model.errors import LedgerTooNewError
from custom_components.chargestead.model.reading import ReadingContext
from custom_components.chargestead.model.session import Session, SessionFlag

from .stories import (
    NOON,
    STATION,
    ManualClock,
    after,
    ended,
    keep,
    make_session,
    metered,
    reading,
    tell_end,
    tell_update,
)

VERSION_1 = (Path(__file__).parent / "ledger_schema_1.sql").read_text()

ROWS_OF_VERSION_1 = """
INSERT INTO chargestead_schema VALUES (1, 1772366400000000);
INSERT INTO chargestead_sessions VALUES
 (1, 'session-1', 'CP-1', 1, '1001', 1001, '04A2B3', 'anna', 'car', 1772366460000000,
  1772366700000000, 5000000, 5700000, 1772366700000000, 5700000, 'Local', NULL, NULL,
  'gap,offline', NULL, NULL, NULL),
 (2, 'session-2', 'CP-1', 1, '1002', 1002, '04A2B3', NULL, NULL, 1772366520000000,
  NULL, 5000000, 5000009, 1772366530000000, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL);
INSERT INTO chargestead_readings VALUES (1, 1772366700000000, 2, 5700000, 'OCMF|1');
INSERT INTO chargestead_registers VALUES ('CP-1', 1, 1772366530000000, 5000009);
"""

OLD_SESSIONS = [
    metered(make_session(2), 130, 5_000_009),
    ended(make_session(1, flags=frozenset({SessionFlag.GAP, SessionFlag.OFFLINE})), 300, 5_700_000),
]


@pytest.fixture
def old(path: Path) -> Path:
    """Return a ledger as version 1 wrote it."""
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1 + ROWS_OF_VERSION_1)
    connection.close()
    return path


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Return an engine as the ledger has it."""
    made = make_engine(parse(url))
    yield made
    made.dispose()


def tables_of(path: Path) -> dict[str, object]:
    """Return the columns and indices of every table."""
    connection = sqlite3.connect(path)
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'chargestead%'"
        )
    ]
    found: dict[str, object] = {
        name: (
            connection.execute(f"PRAGMA table_info({name})").fetchall(),
            sorted(
                connection.execute(f"PRAGMA index_info({row[1]})").fetchall()
                for row in connection.execute(f"PRAGMA index_list({name})").fetchall()
            ),
            connection.execute(f"PRAGMA foreign_key_list({name})").fetchall(),
        )
        for name in names
    }
    connection.close()
    return found


async def test_a_ledger_of_version_1_is_read_and_goes_on(
    url: str, old: Path, clock: ManualClock
) -> None:
    ledger = await Ledger.open(url, clock=clock)
    assert ledger.diagnostics()["schema_version"] == len(MIGRATIONS) + 1
    assert await ledger.sessions() == OLD_SESSIONS
    assert await ledger.readings("session-1") == [
        reading(300, 5_700_000, ReadingContext.END, "OCMF|1")
    ]
    assert await ledger.registers(STATION) == {1: (5_000_009, after(130))}
    assert await ledger.last_transaction_id() == 1002

    end = ended(OLD_SESSIONS[0], 900, 6_000_000)
    await keep(ledger, tell_end(end, [reading(900, 6_000_000)]))
    assert await ledger.session("session-2") == end
    await ledger.close()

    connection = sqlite3.connect(old)
    assert connection.execute("SELECT version FROM chargestead_schema").fetchall() == [
        (len(MIGRATIONS) + 1,)
    ]
    assert connection.execute(
        "SELECT driver_id, vehicle_id FROM chargestead_sessions WHERE id = 1"
    ).fetchone() == ("anna", "car")
    connection.close()


def test_an_old_ledger_ends_with_the_same_tables_as_a_new_one(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    for path in (old, new):
        database = open_database(f"sqlite:///{path}", NOON)
        database.reader.dispose()
        database.writer.dispose()

    assert tables_of(old) == tables_of(new)
    assert set(tables_of(new)) == set(METADATA.tables)


def add_index(connection: Connection) -> None:
    """Do what takes a function rather than a statement."""
    connection.exec_driver_sql("CREATE INDEX ix_cost ON chargestead_sessions (cost)")


TO_2 = Migration(
    reason="what a session costs",
    steps=(
        "ALTER TABLE chargestead_sessions ADD COLUMN cost VARCHAR(40)",
        "UPDATE chargestead_sessions SET cost = '1.50' WHERE ended_at IS NOT NULL",
        add_index,
    ),
)
TO_3 = Migration(
    reason="what was paid",
    steps=("CREATE TABLE chargestead_payments (id INTEGER PRIMARY KEY, paid VARCHAR(40))",),
)
BROKEN_TO_3 = Migration(reason="a mistake", steps=(*TO_3.steps, "DROP TABLE chargestead_nothing"))


def version_of(path: Path) -> int:
    """Return the schema version that a file says it has."""
    connection = sqlite3.connect(path)
    (version,) = connection.execute("SELECT version FROM chargestead_schema").fetchone()
    connection.close()
    return int(version)


def test_migrations_run_in_turn_and_keep_every_row(old: Path, engine: Engine) -> None:
    assert bring_up_to_date(engine, 7, [TO_2, TO_3]) == 3

    with engine.begin() as connection:
        costs = connection.exec_driver_sql("SELECT uid, cost FROM chargestead_sessions ORDER BY id")
        assert [tuple(row) for row in costs] == [("session-1", "1.50"), ("session-2", None)]
        versions = connection.exec_driver_sql("SELECT * FROM chargestead_schema")
        assert [tuple(row) for row in versions] == [(3, 7)]
        assert connection.exec_driver_sql("SELECT count(*) FROM chargestead_payments").one() == (0,)
        found = queries.sessions(connection, SessionFilter(), limit=None, offset=0)
    assert found == OLD_SESSIONS
    assert version_of(old) == 3


def test_a_migration_that_fails_leaves_the_version_before_it_whole(
    old: Path, engine: Engine
) -> None:
    with pytest.raises(OperationalError):
        bring_up_to_date(engine, 7, [TO_2, BROKEN_TO_3])

    assert version_of(old) == 2
    assert "chargestead_payments" not in tables_of(old)

    assert bring_up_to_date(engine, 8, [TO_2, TO_3]) == 3
    assert "chargestead_payments" in tables_of(old)


def test_a_ledger_that_is_up_to_date_is_not_written_to(old: Path, engine: Engine) -> None:
    bring_up_to_date(engine, 7, [TO_2])
    seen: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda _c, _u, statement, *_: seen.append(statement)
    )

    assert bring_up_to_date(engine, 8, [TO_2]) == 2

    assert not [text for text in seen if text.split()[0] in ("CREATE", "INSERT", "UPDATE", "ALTER")]
    assert version_of(old) == 2


def test_going_back_to_an_earlier_version_of_ours_is_refused(old: Path, engine: Engine) -> None:
    bring_up_to_date(engine, 7, [TO_2, TO_3])

    with pytest.raises(LedgerTooNewError):
        bring_up_to_date(engine, 8, [TO_2])

    assert version_of(old) == 3


def test_tables_that_were_only_half_made_are_completed(path: Path, engine: Engine) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1.partition("CREATE TABLE chargestead_registers")[0])
    connection.close()

    assert bring_up_to_date(engine, 7) == len(MIGRATIONS) + 1

    assert set(tables_of(path)) == set(METADATA.tables)
    assert version_of(path) == len(MIGRATIONS) + 1


def test_every_context_has_a_number_that_never_changes() -> None:
    assert {
        ReadingContext.OTHER: 0,
        ReadingContext.BEGIN: 1,
        ReadingContext.END: 2,
        ReadingContext.PERIODIC: 3,
        ReadingContext.ALIGNED: 4,
        ReadingContext.TRIGGER: 5,
        ReadingContext.INTERRUPTION: 6,
    } == CONTEXT_CODES
    assert set(CONTEXT_CODES) == set(ReadingContext)


def dialect_of(url: str) -> Dialect:
    """Return how a database is spoken to, without its driver."""
    return make_url(url).get_dialect()()


def made(table: Table, dialect: Dialect) -> str:
    """Return the DDL of a table and its indices for another database."""
    statements: list[CreateTable | CreateIndex] = [CreateTable(table)]
    statements += [CreateIndex(index) for index in table.indexes]
    return "\n".join(str(statement.compile(dialect=dialect)) for statement in statements)


def test_other_databases_get_tables_of_their_own_kind() -> None:
    postgres = made(SESSIONS, dialect_of("postgresql://"))
    maria = made(SESSIONS, dialect_of("mysql://"))
    assert "id BIGSERIAL NOT NULL" in postgres
    assert "id BIGINT NOT NULL AUTO_INCREMENT" in maria
    assert "station_id VARCHAR(255) COLLATE utf8mb4_bin NOT NULL" in maria
    for dialect in (dialect_of("postgresql://"), dialect_of("mysql://")):
        assert "session_id BIGINT NOT NULL" in made(READINGS, dialect)
        assert "ROWID" not in made(READINGS, dialect)


def test_no_name_is_too_long_for_any_database() -> None:
    names = [table.name for table in METADATA.sorted_tables]
    names += [str(index.name) for table in METADATA.sorted_tables for index in table.indexes]
    assert max(map(len, names)) <= 63


MONTH = SessionFilter(started_from=NOON, started_before=after(30 * 86400))


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda c: queries.session(c, "x"), "(uid=?)"),
        (lambda c: queries.find_session(c, "x", "7"), "(station_id=? AND transaction_id=?)"),
        (lambda c: queries.open_sessions(c, "x"), "(ended_at=? AND station_id=?)"),
        (lambda c: queries.recent_sessions(c, "x", 200), "(station_id=?)"),
        (
            lambda c: queries.sessions(c, SessionFilter(is_open=True), None, 0),
            "(ended_at=?)",
        ),
        (queries.last_transaction_id, "ix_chargestead_sessions_issued_id"),
        (
            lambda c: queries.sessions(c, MONTH, None, 0),
            "(started_at>? AND started_at<?)",
        ),
        (
            lambda c: queries.sessions(
                c,
                SessionFilter(station_id="x", started_from=MONTH.started_from, started_before=NOON),
                None,
                0,
            ),
            "(station_id=? AND started_at>? AND started_at<?)",
        ),
        (
            lambda c: queries.sessions(
                c, SessionFilter(ended_from=NOON, ended_before=after(1)), None, 0
            ),
            "(ended_at>? AND ended_at<?)",
        ),
        (lambda c: queries.readings(c, "x"), "(session_id=?)"),
        (lambda c: queries.registers(c, "x"), "(station_id=?)"),
    ],
)
def test_every_question_is_answered_from_an_index(
    url: str, old: Path, ask: Callable[[Connection], object], index: str
) -> None:
    del old
    engine = create_engine(url)
    asked: list[tuple[str, Any]] = []
    with engine.connect() as connection:
        event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _u, statement, parameters, *_: asked.append((statement, parameters)),
        )
        ask(connection)
        plans = [
            " ".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            )
            for text, values in list(asked)
        ]
    engine.dispose()

    assert plans
    assert index in plans[0]
    assert "SCAN" not in plans[0]


async def test_an_empty_page_of_a_long_history_needs_no_sorting_of_all_of_it(
    ledger: Ledger,
) -> None:
    plan: list[str] = []
    connection = ledger._database.reader.raw_connection()
    cursor = connection.cursor()
    cursor.execute(
        "EXPLAIN QUERY PLAN SELECT uid FROM chargestead_sessions"
        " ORDER BY started_at DESC, id DESC LIMIT 10"
    )
    plan += [str(row[3]) for row in cursor.fetchall()]
    connection.close()

    assert not [step for step in plan if "TEMP B-TREE" in step]


async def test_an_update_that_says_nothing_new_writes_nothing(ledger: Ledger) -> None:
    session: Session = metered(make_session(), 90, 7)
    told = tell_update(session, [reading(90, 7)])
    await keep(ledger, told)
    written: list[str] = []
    event.listen(
        ledger._database.writer,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: written.append(statement.split()[0]),
    )

    await keep(ledger, told)

    assert set(written) == {"BEGIN", "SELECT"}
