"""The journal's table: what is kept for years besides sessions and money."""

from collections.abc import Iterable
from datetime import datetime

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from ...model.journal import JournalEntry, JournalPruned
from .rows import from_micros, to_micros
from .schema import JOURNAL


def write_journal(connection: Connection, told: Iterable[JournalEntry | JournalPruned]) -> None:
    """Write entries in their order, each in the place of the one it repeats.

    Raises TypeError for a content that JSON cannot say.
    """
    for item in told:
        if isinstance(item, JournalEntry):
            _write(connection, item)
        else:
            connection.execute(
                delete(JOURNAL).where(
                    JOURNAL.c.kind == item.kind, JOURNAL.c.at < to_micros(item.before)
                )
            )


def _write(connection: Connection, entry: JournalEntry) -> None:
    key = (JOURNAL.c.kind == entry.kind) & (JOURNAL.c.uid == entry.uid)
    values = {
        "at": to_micros(entry.at),
        "station_id": entry.station_id,
        "connector_id": entry.connector_id,
        "content": orjson.dumps(dict(entry.content), option=orjson.OPT_SORT_KEYS).decode(),
    }
    if connection.execute(select(JOURNAL.c.at).where(key)).first() is None:
        connection.execute(insert(JOURNAL), {"kind": entry.kind, "uid": entry.uid, **values})
    else:
        connection.execute(update(JOURNAL).where(key).values(values))


def journal(
    connection: Connection,
    kind: str,
    station_id: str | None,
    since: datetime | None,
    limit: int | None,
) -> list[JournalEntry]:
    """Return the entries of a kind, newest first."""
    statement = select(
        JOURNAL.c.uid,
        JOURNAL.c.at,
        JOURNAL.c.station_id,
        JOURNAL.c.connector_id,
        JOURNAL.c.content,
    ).where(JOURNAL.c.kind == kind)
    if station_id is not None:
        statement = statement.where(JOURNAL.c.station_id == station_id)
    if since is not None:
        statement = statement.where(JOURNAL.c.at >= to_micros(since))
    statement = statement.order_by(JOURNAL.c.at.desc(), JOURNAL.c.uid.desc()).limit(limit)
    return [
        JournalEntry(
            kind=kind,
            uid=uid,
            at=from_micros(at),
            station_id=station,
            connector_id=connector_id,
            content=orjson.loads(content),
        )
        for uid, at, station, connector_id, content in connection.execute(statement)
    ]
