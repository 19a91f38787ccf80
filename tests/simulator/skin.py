"""What a station says in which words: one car, one meter and one power supply under several protocols.

Inside, the station thinks in the words of OCPP 1.6; a skin for another version puts them into its own.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from .handlers import HANDLERS, Handler
from .outbox import Entry
from .schedule import Json

if TYPE_CHECKING:
    from .connector import Connector, Transaction
    from .later.parts import Parts
    from .station import SimulatedStation


class Skin:
    """OCPP 1.6."""

    subprotocol = "ocpp1.6"
    handlers: Mapping[str, Handler] = HANDLERS
    tells_station_status = True
    signing: Mapping[str, str] = {}
    configuration: Mapping[str, str] = {}
    parts: Parts | None = None

    def __init__(self, station: SimulatedStation) -> None:
        """Speak for a station."""
        self.station = station

    def begin(self) -> None:
        """Prepare what needs the connectors; in 1.6 there is nothing."""

    def stop(self) -> None:
        """Drop what waits for its time; in 1.6 there is nothing."""

    def said(self, action: str, payload: Json) -> tuple[str, Json] | None:
        """Return what goes over the wire for a message, None where this version has no such."""
        return action, payload

    def heard(self, action: str, answer: Json) -> Json:  # noqa: ARG002
        """Return an answer in the words of 1.6."""
        return answer

    def status(self, state: Json) -> Json:
        """Return what of a connector's state is told; only a change of that is news."""
        return state

    def sample(self, value: Json) -> Json:
        """Return a sampled value."""
        return value

    def begun(self, connector: Connector, transaction: Transaction) -> Entry:
        """Return the message that a transaction has begun."""
        payload: Json = {
            "connectorId": connector.id,
            "idTag": transaction.id_tag,
            "meterStart": transaction.meter_start,
            "timestamp": self.station.times.stamp_always(),
        }
        if transaction.reservation_id is not None:
            payload["reservationId"] = transaction.reservation_id
        if self.station.personality.local_transaction_ids and not self.station.online:
            transaction.ref.id = FIRST_LOCAL_ID - transaction.number
        return Entry("StartTransaction", payload, transaction.ref)

    def ended(
        self, connector: Connector, transaction: Transaction, reason: str, id_tag: str | None
    ) -> Entry:
        """Return the message that a transaction has ended."""
        payload: Json = {
            "meterStop": connector.meter.register_wh,
            "timestamp": self.station.times.stamp_always(),
            "reason": reason,
        }
        if id_tag is not None:
            payload["idTag"] = id_tag + self.station.personality.id_tag_suffix
        if data := self.station.metering.transaction_data(transaction):
            payload["transactionData"] = data
        return Entry("StopTransaction", payload, transaction.ref)

    def metered(self, connector: Connector, value: Json, context: str) -> Entry:  # noqa: ARG002
        """Return the message with a meter value."""
        transaction = connector.transaction
        attached = not self.station.personality.meter_values_without_transaction
        ref = transaction.ref if transaction is not None and attached else None
        return Entry("MeterValues", self.station.metering.message(connector, value), ref)

    def changed(self) -> None:
        """Tell of what changed beside the status; in 1.6 that is nothing."""

    def remembered(self, transaction: Transaction) -> Json:
        """Return what flash memory must hold of a transaction."""
        return {"meter_start": transaction.meter_start}

    def lost_power(self, item: Json, register_wh: int, stamp: str) -> tuple[str, Json, bool]:  # noqa: ARG002
        """Return the end of a transaction that the loss of power cut off; True where its id goes in later."""
        payload = {"meterStop": register_wh, "timestamp": stamp, "reason": "PowerLoss"}
        return "StopTransaction", payload, True


FIRST_LOCAL_ID: Final = -15
