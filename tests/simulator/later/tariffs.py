"""The tariffs that a station of 2.1 reckons with itself (OCPP 2.1 part 2, I07 to I11)."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from ..handlers.common import optional, required, status
from ..link import Reply
from ..outbox import Entry
from ..schedule import Json

if TYPE_CHECKING:
    from ..connector import Connector, Transaction
    from ..station import SimulatedStation

type Told = Callable[[Connector, Transaction, str, str], Json]

MOST_ELEMENTS: Final = 20
PARTS: Final = ("energy", "chargingTime", "idleTime", "fixedFee")


class Tariffs:
    """The default tariff of each EVSE, and the one of a transaction where it was changed."""

    def __init__(self, station: SimulatedStation, told: Told) -> None:
        """Have none; `told` makes the message that a transaction has changed."""
        self.default: dict[int, Json] = {}
        self.changed: dict[str, Json] = {}
        self._station = station
        self._told = told

    def set_default(self, payload: Json) -> Reply:
        """Answer SetDefaultTariff (I07)."""
        tariff, evse = required(payload, "tariff", dict), required(payload, "evseId", int)
        numbers = [connector.id for connector in self._station.connectors]
        if evse and evse not in numbers:
            return status("Rejected")
        if _elements(tariff) > MOST_ELEMENTS:
            return status("TooManyElements")
        if any(known["tariffId"] == tariff["tariffId"] for known in self.default.values()):
            return status("DuplicateTariffId")
        for number in [evse] if evse else numbers:
            self.default[number] = tariff
        return status("Accepted")

    def get(self, payload: Json) -> Reply:
        """Answer GetTariffs (I09)."""
        evse = required(payload, "evseId", int)
        found: dict[str, list[int]] = {}
        for number, tariff in self.default.items():
            if evse in {0, number}:
                found.setdefault(tariff["tariffId"], []).append(number)
        if not found:
            return status("NoTariff")
        assignments = [
            {"tariffId": name, "tariffKind": "DefaultTariff", "evseIds": numbers}
            for name, numbers in found.items()
        ]
        return Reply({"status": "Accepted", "tariffAssignments": assignments})

    def clear(self, payload: Json) -> Reply:
        """Answer ClearTariffs (I10)."""
        ids, evse = optional(payload, "tariffIds", list), optional(payload, "evseId", int)
        gone = {
            number: tariff["tariffId"]
            for number, tariff in self.default.items()
            if evse in {None, 0, number} and (ids is None or tariff["tariffId"] in ids)
        }
        for number in gone:
            del self.default[number]
        results: list[Json] = [
            {"status": "Accepted", "tariffId": name} for name in dict.fromkeys(gone.values())
        ]
        return Reply({"clearTariffsResult": results or [{"status": "NoTariff"}]})

    def change(self, payload: Json) -> Reply:
        """Answer ChangeTransactionTariff (I11)."""
        wanted, tariff = required(payload, "transactionId", str), required(payload, "tariff", dict)
        for connector in self._station.connectors:
            transaction = connector.transaction
            if transaction is None or transaction.id != wanted:
                continue
            present = self.changed.get(wanted) or self.default.get(connector.id)
            if present is not None and present["currency"] != tariff["currency"]:
                return status("NoCurrencyChange")
            self.changed[wanted] = tariff
            told = self._told(connector, transaction, "Updated", "TariffChanged")
            told["transactionInfo"]["tariffId"] = tariff["tariffId"]
            say = partial(self._station.outbox.put, Entry("TransactionEvent", told, None))
            return Reply({"status": "Accepted"}, say)
        return status("TxNotFound")


def _elements(tariff: Json) -> int:
    return sum(len(tariff[part]["prices"]) for part in PARTS if part in tariff)
