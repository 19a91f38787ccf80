"""Dialling, introducing oneself, and staying in touch."""

from base64 import b64decode

import pytest

from tests.simulator import Json, ManualClock, Personality, SimulatedStation

from .central import Answer, TinyCentral
from .conftest import StationMaker


def verdict(*statuses: str, interval: int = 30) -> Answer:
    """Return a BootNotification answer that changes from call to call."""
    left = list(statuses)

    def answer(_: Json) -> Json:
        status = left.pop(0) if len(left) > 1 else left[0]
        return {
            "status": status,
            "interval": interval,
            "currentTime": "2026-01-01T00:00:00Z",
        }

    return answer


async def test_the_station_dials_its_id_with_the_subprotocol(
    central: TinyCentral, make: StationMaker
) -> None:
    """The id is percent-encoded at the end of the path."""
    await make(station_id="RDAM 1/2")
    assert central.paths == ["/ocpp/RDAM%201%2F2"]
    assert central.subprotocols == ["ocpp1.6"]
    assert "Authorization" not in central.headers[0]


async def test_a_password_is_sent_as_basic_auth(central: TinyCentral, make: StationMaker) -> None:
    """The user name is the id of the station."""
    await make(station_id="AL1000", password="0001020304050607FFFF")
    kind, secret = central.headers[0]["Authorization"].split()
    assert kind == "Basic"
    assert b64decode(secret) == b"AL1000:0001020304050607FFFF"


async def test_a_new_password_is_used_at_once(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """A01: accepted, disconnected, connected with the new one; never given back."""
    station = await make(password="old-password-0000")
    change = {"key": "AuthorizationKey", "value": "new-password-1111"}
    assert await central.ask("ChangeConfiguration", change) == {"status": "Accepted"}
    await clock.advance(5)
    assert b64decode(central.headers[1]["Authorization"].split()[1]).endswith(b"1111")
    answer = await central.ask("GetConfiguration", {"key": ["AuthorizationKey"]})
    assert answer == {"configurationKey": []}
    assert station.online


async def test_boot_tells_who_the_station_is_and_all_statuses_follow(
    central: TinyCentral, make: StationMaker
) -> None:
    """Errata 3.22: connector 0 and every other."""
    await make(connectors=2)
    assert central.said("BootNotification") == [
        {
            "chargePointVendor": "Simulated Stations",
            "chargePointModel": "Model One",
            "firmwareVersion": "1.0.0",
            "chargePointSerialNumber": "SIM-0001",
        }
    ]
    assert [n["connectorId"] for n in central.said("StatusNotification")] == [0, 1, 2]
    assert central.violations == []


async def test_pending_means_no_word_but_the_next_boot(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """It answers what it is asked, charges nobody it must ask for, and waits."""
    central.answers["BootNotification"] = verdict("Pending", "Accepted")
    station = await make(wait=False)
    await clock.advance(10)
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(10)
    assert central.actions() == ["BootNotification"]
    answer = await central.ask("GetConfiguration", {"key": ["NumberOfConnectors"]})
    assert answer["configurationKey"][0]["value"] == "1"
    refused = await central.ask("RemoteStartTransaction", {"idTag": "X", "connectorId": 1})
    assert refused == {"status": "Rejected"}
    await clock.advance(15)
    assert central.actions()[:2] == ["BootNotification"] * 2
    assert station.online


async def test_pending_a_triggered_message_comes_and_a_triggered_boot_too(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """TriggerMessage is the exception to the silence."""
    central.answers["BootNotification"] = verdict("Pending", "Accepted", interval=3600)
    await make(wait=False)
    await clock.advance(1)
    await central.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    await clock.advance(1)
    assert central.actions() == ["BootNotification", "Heartbeat"]
    await central.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
    await clock.advance(1)
    assert central.actions()[2:] == ["BootNotification", *["StatusNotification"] * 2]


async def test_rejected_means_silence_in_both_directions(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Not even answers, until the interval is over."""
    central.answers["BootNotification"] = verdict("Rejected", "Accepted", interval=90)
    station = await make(wait=False)
    await clock.advance(1)
    with pytest.raises(TimeoutError):
        await central.ask("GetConfiguration", patience=0.1)
    await clock.advance(87)
    assert central.actions() == ["BootNotification"]
    await clock.advance(5)
    assert station.online


async def test_an_unanswered_boot_is_sent_again(central: TinyCentral, make: StationMaker) -> None:
    """After the timeout and a minute."""
    clock = ManualClock(forgive_after=0.02)
    central.answers["BootNotification"] = None
    await make(clock=clock, wait=False)
    await clock.advance(85)
    assert len(central.said("BootNotification")) == 1
    await clock.advance(10)
    assert len(central.said("BootNotification")) == 2


async def test_the_heartbeat_follows_the_interval_of_the_boot(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """300 s here, then what is configured."""
    await clock.advance(901)
    assert len(central.said("Heartbeat")) == 3
    await central.ask("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "10"})
    await clock.advance(100)
    assert len(central.said("Heartbeat")) == 13
    assert station.online


async def test_a_wrong_clock_is_set_by_the_central_system(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """After the boot the stamps are right; a stubborn clock stays wrong."""
    await make(personality=Personality(clock_offset=-7200.0))
    assert central.said("StatusNotification")[-1]["timestamp"] == "2026-01-01T00:00:00.000Z"
    await make(personality=Personality(clock_offset=-7200.0, follows_central_time=False))
    assert central.said("StatusNotification")[-1]["timestamp"] == "2025-12-31T22:00:00.000Z"
    assert clock.monotonic() == 0


async def test_pings_go_out_at_their_interval_and_a_dead_peer_is_noticed(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """WebSocketPingInterval; a live server answers by itself, so nothing happens."""
    station = await make(configuration={"WebSocketPingInterval": "30"})
    await clock.advance(300)
    assert station.link.dials == 1
    assert station.link.pings == 10
    central.freeze()
    await clock.advance(65)
    central.thaw()
    assert station.link.dials >= 2


async def test_a_late_answer_is_ignored(central: TinyCentral, make: StationMaker) -> None:
    """The answer to a call that has timed out changes nothing."""
    clock = ManualClock(forgive_after=0.02)
    station = await make(clock=clock)
    central.answers["Authorize"] = None
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(31)
    message_id = next(i for a, i, _ in central.received if a == "Authorize")
    await central.say(f'[3,"{message_id}",{{"idTagInfo":{{"status":"Blocked"}}}}]')
    await central.say('[3,"nobody-asked",{}]')
    await clock.advance(1)
    assert station.online
    assert station.status() == "Charging"


@pytest.mark.parametrize("text", ["", "not json", "[]", "{}", "[9,1,2]", "[2]", "null"])
async def test_garbage_from_the_central_system_is_ignored(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation, text: str
) -> None:
    """The connection and the station survive."""
    await central.say(text)
    await clock.advance(1)
    assert await central.ask("ClearCache") == {"status": "Accepted"}
    assert station.link.dials == 1


async def test_answers_come_while_an_own_call_is_in_flight(
    central: TinyCentral, make: StationMaker
) -> None:
    """The station does not wait for its own answer before it gives one."""
    clock = ManualClock(forgive_after=0.02)
    station = await make(clock=clock)
    central.answers["Authorize"] = None
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(1)
    assert await central.ask("ClearCache") == {"status": "Accepted"}
    assert central.actions()[-1] == "Authorize"


async def test_only_one_call_is_in_flight(central: TinyCentral, make: StationMaker) -> None:
    """Everything else waits for the answer or the timeout."""
    clock = ManualClock(forgive_after=0.02)
    station = await make(clock=clock)
    central.answers["DataTransfer"] = None
    seen = len(central.received)
    station.go(station.tell("DataTransfer", {"vendorId": "x"}))
    await clock.advance(1)
    station.plug_in(1)
    await clock.advance(20)
    assert central.actions()[seen:] == ["DataTransfer"]
    await clock.advance(10)
    assert central.actions()[seen:] == ["DataTransfer", "StatusNotification"]
