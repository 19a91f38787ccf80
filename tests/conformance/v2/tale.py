"""A transaction told word by word, by a station that begins and ends it where the case wants it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from custom_components.chargestead.const import DOMAIN
from tests.conformance.scene import CARD, Scene
from tests.simulator import Json

TOKEN: Json = {"idToken": CARD, "type": "ISO14443"}
REGISTER = "Energy.Active.Import.Register"
SIGNED: Json = {
    "signedMeterData": "T0NNRnx7fXx7fQ==",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "",
}


def stamp(at: datetime) -> str:
    """Return a moment as it is written."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def register(at: datetime, wh: float, context: str = "Sample.Periodic", **more: object) -> Json:
    """Return a meter value with the register."""
    value = {
        "value": wh,
        "context": context,
        "measurand": REGISTER,
        "unitOfMeasure": {"unit": "Wh", "multiplier": 0},
        **more,
    }
    return {"timestamp": stamp(at), "sampledValue": [value]}


async def raw(scene: Scene, message: str, payload: Json) -> Json:
    """Send any request by the action `call`; return its response."""
    response = await scene.hass.services.async_call(
        DOMAIN,
        "call",
        {"device_id": scene.device_id(), "action": message, "payload": payload},
        blocking=True,
        return_response=True,
    )
    await scene.moment()
    assert isinstance(response, dict)
    return dict(response)


@dataclass(kw_only=True)
class Tale:
    """What a station tells of one transaction; `number` is that of its next message."""

    scene: Scene
    name: str = "tale-1"
    evse: int = 1
    number: int = 0

    async def shows(self, status: str) -> None:
        """Tell the status of the connector."""
        payload = {
            "timestamp": stamp(self.scene.house.clock.now()),
            "connectorStatus": status,
            "evseId": self.evse,
            "connectorId": 1,
        }
        assert await self.scene.station.send("StatusNotification", payload) == {}
        await self.scene.moment()

    async def tells(
        self,
        kind: str,
        trigger: str,
        state: str | None = None,
        *,
        card: str | None = None,
        wh: float | None = None,
        context: str = "Sample.Periodic",
        info: Json | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Json:
        """Tell a step, now if no other `timestamp` is given; return the answer."""
        now = self.scene.house.clock.now()
        payload: Json = {
            "eventType": kind,
            "timestamp": stamp(now),
            "triggerReason": trigger,
            "seqNo": self.number,
            "transactionInfo": {"transactionId": self.name, **(info or {})},
            "evse": {"id": self.evse, "connectorId": 1},
        }
        if state is not None:
            payload["transactionInfo"]["chargingState"] = state
        if card is not None:
            payload["idToken"] = {**TOKEN, "idToken": card}
        if wh is not None:
            payload["meterValue"] = [register(now, wh, context)]
        payload |= more
        self.number = payload["seqNo"] + 1
        answer = await self.scene.station.send(
            "TransactionEvent", {key: value for key, value in payload.items() if value is not None}
        )
        await self.scene.moment()
        return answer

    async def begins(self, *, card: str = CARD, wh: float = 10_000) -> Json:
        """Tell that a vehicle charges now; return the answer to the first step."""
        answer = await self.tells(
            "Started", "Authorized", "EVConnected", card=card, wh=wh, context="Transaction.Begin"
        )
        await self.tells("Updated", "ChargingStateChanged", "Charging")
        return answer

    async def ends(
        self,
        trigger: str = "EVDeparted",
        reason: str = "EVDisconnected",
        **more: Any,  # noqa: ANN401
    ) -> Json:
        """Tell that it is over."""
        info = {"stoppedReason": reason}
        return await self.tells("Ended", trigger, "Idle", info=info, **more)
