"""The tables of the ledger.

Times are whole microseconds since 1970 in UTC, energy is whole milliwatt-hours. Every table carries the prefix
`chargestead_`, since a database server may be shared with others.

What the tables hold now is version 3; whoever changes them adds a migration and never edits an old one. Exact amounts
are text: fractions as "n/d", decimals as they are written.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql

NAME_LENGTH: Final = 255

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# MariaDB compares without case by default; "A" and "a" are two stations.
_NAME: Final = String(NAME_LENGTH).with_variant(
    mysql.VARCHAR(NAME_LENGTH, collation="utf8mb4_bin"), "mysql", "mariadb"
)
# Only INTEGER makes SQLite number rows by itself.
_KEY: Final = BigInteger().with_variant(Integer(), "sqlite")

SCHEMA: Final = Table(
    "chargestead_schema",
    METADATA,
    Column("version", Integer, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
)

SESSIONS: Final = Table(
    "chargestead_sessions",
    METADATA,
    Column("id", _KEY, primary_key=True, autoincrement=True),
    Column("uid", _NAME, nullable=False, unique=True),
    Column("station_id", _NAME, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("transaction_id", _NAME, nullable=False),
    Column("issued_id", BigInteger),
    Column("id_token", _NAME),
    Column("driver_id", _NAME),
    Column("vehicle_id", _NAME),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("register_start_mwh", BigInteger),
    Column("register_last_mwh", BigInteger),
    Column("register_last_at", BigInteger),
    Column("register_stop_mwh", BigInteger),
    Column("stop_reason", _NAME),
    Column("stop_id_token", _NAME),
    Column("remote_start_id", BigInteger),
    Column("flags", _NAME, nullable=False),
    Column("tariff_id", _NAME),
    Column("price_snapshot_id", BigInteger),
    Column("statement_id", BigInteger),
    Index(None, "started_at"),
    Index(None, "station_id", "started_at"),
    Index(None, "station_id", "transaction_id", "started_at"),
    Index(None, "ended_at", "station_id", "started_at"),
    Index(None, "issued_id"),
)

READINGS: Final = Table(
    "chargestead_readings",
    METADATA,
    Column("session_id", _KEY, ForeignKey(SESSIONS.c.id), primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("context", SmallInteger, primary_key=True, autoincrement=False),
    Column("register_mwh", BigInteger, nullable=False),
    Column("signed", Text),
    sqlite_with_rowid=False,
)

REGISTERS: Final = Table(
    "chargestead_registers",
    METADATA,
    Column("station_id", _NAME, primary_key=True),
    Column("connector_id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("register_mwh", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

ASSIGNMENTS: Final = Table(
    "chargestead_assignments",
    METADATA,
    Column("session_id", _KEY, ForeignKey(SESSIONS.c.id), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("driver_id", _NAME),
    Column("vehicle_id", _NAME),
    Column("actor", _NAME),
    sqlite_with_rowid=False,
)

ACTIVITIES: Final = Table(
    "chargestead_activities",
    METADATA,
    Column("station_id", _NAME, primary_key=True),
    Column("connector_id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("status", _NAME),
    Column("held", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

TARIFFS: Final = Table(
    "chargestead_tariffs",
    METADATA,
    Column("uid", _NAME, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
)

PRICES: Final = Table(
    "chargestead_prices",
    METADATA,
    Column("source", _NAME, primary_key=True),
    Column("starts_at", BigInteger, primary_key=True, autoincrement=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("price", _NAME, nullable=False),
    Column("currency", String(3), nullable=False),
    sqlite_with_rowid=False,
)

SOLAR: Final = Table(
    "chargestead_solar",
    METADATA,
    Column("starts_at", BigInteger, primary_key=True, autoincrement=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("share", _NAME, nullable=False),
    Column("method", _NAME, nullable=False),
    sqlite_with_rowid=False,
)

JOURNAL: Final = Table(
    "chargestead_journal",
    METADATA,
    Column("kind", _NAME, primary_key=True),
    Column("uid", _NAME, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("station_id", _NAME),
    Column("connector_id", Integer),
    Column("content", Text, nullable=False),
    Index(None, "kind", "at"),
    Index(None, "kind", "station_id", "at"),
    sqlite_with_rowid=False,
)


def _cost_columns() -> tuple[Column[Any], ...]:
    """Return the columns of a cost, anew for each table."""
    return (
        Column("rated_at", BigInteger, nullable=False),
        Column("currency", String(3), nullable=False),
        Column("digits", SmallInteger, nullable=False),
        Column("net_minor", BigInteger, nullable=False),
        Column("tax_minor", BigInteger, nullable=False),
        Column("gross_minor", BigInteger, nullable=False),
        Column("energy_mwh", BigInteger, nullable=False),
        Column("solar_mwh", BigInteger, nullable=False),
        Column("unpriced_mwh", BigInteger, nullable=False),
        Column("provisional", _NAME, nullable=False),
        Column("method", _NAME, nullable=False),
        Column("content", Text, nullable=False),
    )


COSTS: Final = Table(
    "chargestead_costs",
    METADATA,
    Column("session_id", _KEY, ForeignKey(SESSIONS.c.id), primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    *_cost_columns(),
)

PAST_COSTS: Final = Table(
    "chargestead_past_costs",
    METADATA,
    Column("session_id", _KEY, ForeignKey(SESSIONS.c.id), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    *_cost_columns(),
)
