"""What a station of 2.x shows, knows of customers, and how it reaches its central system."""

from typing import TYPE_CHECKING, Final

from ..handlers.common import optional, required, status
from ..link import CallError, Reply
from ..schedule import Json

if TYPE_CHECKING:
    from ..station import SimulatedStation

SLOTS: Final = (0, 1, 2)
PRIORITIES: Final = frozenset({"AlwaysFront", "InFront", "NormalCycle"})
LONGEST_PART: Final = 512


class Screen:
    """The messages on the display (OCPP 2.0.1 part 2, functional block O), and costs."""

    def __init__(self, station: SimulatedStation) -> None:
        """Show nothing."""
        self.messages: dict[int, Json] = {}
        self.costs: dict[str, float] = {}
        self._station = station

    def set_message(self, payload: Json) -> Reply:
        """Answer SetDisplayMessage (O01, O02, O06)."""
        message = required(payload, "message", dict)
        if required(message, "priority", str) not in PRIORITIES:
            return status("NotSupportedPriority")
        wanted = optional(message, "transactionId", str)
        if wanted is not None and wanted not in self._running():
            return status("UnknownTransaction")
        self.messages[required(message, "id", int)] = message
        return status("Accepted")

    def _running(self) -> set[str]:
        return {
            str(connector.transaction.id)
            for connector in self._station.connectors
            if connector.transaction is not None
        }

    def get_messages(self, payload: Json) -> Reply:
        """Answer GetDisplayMessages (O03, O04); the parts follow one by one."""
        request_id = required(payload, "requestId", int)
        ids = optional(payload, "id", list)
        found = [
            message
            for number, message in self.messages.items()
            if (ids is None or number in ids)
            and payload.get("priority") in {None, message["priority"]}
            and payload.get("state") in {None, message.get("state")}
        ]
        if not found:
            return status("Unknown")
        told = self._tell(request_id, found)
        return Reply({"status": "Accepted"}, lambda: self._station.go(told))

    async def _tell(self, request_id: int, found: list[Json]) -> None:
        for number, message in enumerate(found, 1):
            payload = {
                "requestId": request_id,
                "tbc": number < len(found),
                "messageInfo": [message],
            }
            await self._station.tell("NotifyDisplayMessages", payload)

    def clear_message(self, payload: Json) -> Reply:
        """Answer ClearDisplayMessage (O05)."""
        known = self.messages.pop(required(payload, "id", int), None)
        return status("Unknown" if known is None else "Accepted")

    def cost_updated(self, payload: Json) -> Reply:
        """Answer CostUpdated (I02)."""
        cost = payload.get("totalCost")
        if not isinstance(cost, int | float):
            raise CallError("TypeConstraintViolation", "totalCost")
        self.costs[required(payload, "transactionId", str)] = cost
        return Reply({})


class Customers:
    """What is known of people, by token or other identifier (N09, N10)."""

    def __init__(self, station: SimulatedStation) -> None:
        """Know nobody."""
        self.known: dict[str, str] = {}
        self._station = station

    def information(self, payload: Json) -> Reply:
        """Answer CustomerInformation; the parts follow one by one."""
        names = [
            payload[key]["idToken"] if key == "idToken" else str(payload[key])
            for key in ("idToken", "customerIdentifier", "customerCertificate")
            if key in payload
        ]
        if len(names) != 1:
            return status("Invalid")
        report, clear = payload.get("report") is True, payload.get("clear") is True
        if not report and not clear:
            return status("Rejected")
        text = self.known.get(names[0], "No data.")
        if clear:
            self.known.pop(names[0], None)
        if not report:
            return status("Accepted")
        told = self._tell(required(payload, "requestId", int), text)
        return Reply({"status": "Accepted"}, lambda: self._station.go(told))

    async def _tell(self, request_id: int, text: str) -> None:
        for number, start in enumerate(range(0, len(text), LONGEST_PART)):
            payload: Json = {
                "requestId": request_id,
                "data": text[start : start + LONGEST_PART],
                "seqNo": number,
                "tbc": start + LONGEST_PART < len(text),
                "generatedAt": self._station.times.stamp_always(),
            }
            await self._station.tell("NotifyCustomerInformation", payload)


class Network:
    """The ways to a central system (B09)."""

    def __init__(self) -> None:
        """Know the way that was set up by hand."""
        self.profiles: dict[int, Json] = {}

    def set_profile(self, payload: Json) -> Reply:
        """Answer SetNetworkProfile."""
        slot = required(payload, "configurationSlot", int)
        profile = required(payload, "connectionData", dict)
        if slot not in SLOTS or not 0 <= required(profile, "securityProfile", int) <= 3:
            return status("Rejected")
        self.profiles[slot] = profile
        return status("Accepted")
