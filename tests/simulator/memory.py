"""What survives in a station's flash memory."""

from typing import TYPE_CHECKING

from .connector import Transaction
from .outbox import Entry, TransactionRef
from .schedule import Json, parse_profile, read_time

if TYPE_CHECKING:
    from .station import SimulatedStation


def dump(station: SimulatedStation) -> Json:
    """Return registers, settings, profiles, waiting messages and open transactions."""
    station.supply.refresh()
    refs: list[TransactionRef] = []
    for entry in station.outbox.entries:
        if entry.transaction is not None and entry.transaction not in refs:
            refs.append(entry.transaction)
    open_ones = []
    for connector in station.connectors:
        transaction = connector.transaction
        if transaction is not None:
            if transaction.ref not in refs:
                refs.append(transaction.ref)
            open_one = _transaction(connector.id, transaction, refs)
            open_ones.append(open_one | station.skin.remembered(transaction))
    return {
        "at": station.clock.now().isoformat(),
        "firmware": station.firmware,
        "registers": [c.meter.exact_wh for c in station.connectors],
        "operative": [c.wanted_operative for c in station.connectors],
        "configuration": station.configuration.dump(),
        "profiles": [[p.connector_id, p.raw] for p in station.profiles],
        "started": station.sessions.started,
        "transaction_ids": [ref.id for ref in refs],
        "outbox": [
            {
                "action": entry.action,
                "payload": entry.payload,
                "transaction": None if entry.transaction is None else refs.index(entry.transaction),
            }
            for entry in station.outbox.entries
        ],
        "transactions": open_ones,
    }


def load(station: SimulatedStation, data: Json) -> None:
    """Take over what was in flash memory; an open transaction has lost its power."""
    station.firmware = data["firmware"]
    station.configuration.load(data["configuration"])
    station.sessions.started = data["started"]
    for connector, register, operative in zip(
        station.connectors, data["registers"], data["operative"], strict=False
    ):
        connector.meter.count(max(register - connector.meter.exact_wh, 0.0))
        connector.operative = connector.wanted_operative = operative
    for connector_id, raw in data["profiles"]:
        station.profiles.install(parse_profile(raw, connector_id))
    refs = [TransactionRef(number) for number in data["transaction_ids"]]
    for item in data["outbox"]:
        index = item["transaction"]
        ref = None if index is None else refs[index]
        station.outbox.put(Entry(item["action"], item["payload"], ref))
    for item in data["transactions"]:
        meter = station.connector(item["connector"]).meter
        stamp = station.times.stamp_always(read_time(data["at"]))
        action, payload, unnamed = station.skin.lost_power(item, meter.register_wh, stamp)
        station.outbox.put(Entry(action, payload, refs[item["ref"]] if unnamed else None))


def _transaction(connector_id: int, transaction: Transaction, refs: list[TransactionRef]) -> Json:
    return {
        "connector": connector_id,
        "id_tag": transaction.id_tag,
        "started_at": transaction.started_at.isoformat(),
        "ref": refs.index(transaction.ref),
    }
