"""Schema versions, and the way from one to the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from ...model.errors import LedgerTooNewError
from .schema import (
    ACTIVITIES,
    ASSIGNMENTS,
    COSTS,
    JOURNAL,
    METADATA,
    PAST_COSTS,
    PRICES,
    SCHEMA,
    SOLAR,
    TARIFFS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step to the next version: statements every database understands, or functions where one does not suffice."""

    reason: str
    steps: tuple[str | Callable[[Connection], None], ...]


def _add_money(connection: Connection) -> None:
    """Create the tables of version 2; they are spelled out here once a later version changes one of them."""
    for table in (ASSIGNMENTS, ACTIVITIES, TARIFFS, PRICES, SOLAR, COSTS, PAST_COSTS):
        table.create(connection, checkfirst=True)


def _add_journal(connection: Connection) -> None:
    """Create the table of version 3; it is spelled out here once a later version changes it."""
    JOURNAL.create(connection, checkfirst=True)


MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(reason="money: activities, prices, tariffs, costs", steps=(_add_money,)),
    Migration(reason="faults, maintenance and firmware: the journal", steps=(_add_journal,)),
)
"""The first leads from version 1 to 2, and so on; only ever appended to."""


def bring_up_to_date(engine: Engine, at: int, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Create or migrate the tables and return their version; `at` is now in microseconds.

    Each step is one transaction, so that what fails leaves the version before. Raises LedgerTooNewError for a ledger
    that a later version of ours wrote.
    """
    current = len(migrations) + 1
    with engine.begin() as connection:
        found = _version(connection)
        if found is None:
            METADATA.create_all(connection)
            connection.execute(insert(SCHEMA).values(version=current, touched_at=at))
            return current
    if found > current:
        raise LedgerTooNewError(found, current)
    for version, migration in enumerate(migrations[found - 1 :], start=found + 1):
        with engine.begin() as connection:
            for step in migration.steps:
                if isinstance(step, str):
                    connection.execute(text(step))
                else:
                    step(connection)
            connection.execute(update(SCHEMA).values(version=version, touched_at=at))
    return current


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(SCHEMA.name):
        return None
    return connection.execute(select(SCHEMA.c.version)).scalar_one_or_none()
