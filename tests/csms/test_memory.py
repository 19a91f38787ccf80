"""What is remembered of a station is remembered whole."""

from dataclasses import fields
import json

from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.model.driver import TokenType
from custom_components.chargestead.model.station import StationIdentity

FULL = Memory(
    identity=StationIdentity(vendor="V", model="M", serial_number="S", firmware_version="1"),
    version="ocpp1.6",
    connectors=3,
    configured_firmware="V|M|1",
    monitored_firmware="V|M|1",
    configuration={"HeartbeatInterval": ["300", False]},
    limits={"1": [16.0, "user"]},
    limit_form={"purpose": "TxProfile"},
    boots_when_asked=True,
    operative={"0": False},
    aligned={"interval": 900},
    reservations=[{"id": 1}],
    last_reservation_id=7,
    local_list_version=4,
    last_local_list_version=5,
    profiles=[{"profile": {"chargingProfileId": 1}, "connector_id": 1}],
    passwords={"outcome": "kept"},
    certificate={"serial": "1"},
    monitors=[[1, 2]],
    external_limits=[{"limit": 10}],
    lowered=[1],
    local_list={"CARD": [next(iter(TokenType)).value, "Accepted", None, None]},
    local_list_kept=4,
    firmware={"offer": None, "update": None, "token": "t"},
)


def test_whatever_is_learned_survives_a_restart() -> None:
    blank = Memory()
    same = [
        item.name
        for item in fields(Memory)
        if getattr(FULL, item.name) == getattr(blank, item.name)
    ]
    assert same == [], "give what is new a value of its own here"
    assert Memory.from_dict(json.loads(json.dumps(FULL.as_dict()))) == FULL


def test_nonsense_is_nothing_learned() -> None:
    nonsense = {item.name: object() for item in fields(Memory)}
    assert Memory.from_dict(nonsense) == Memory()
