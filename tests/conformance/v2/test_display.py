"""Functional block O: messages on the display."""

from datetime import timedelta

from tests.conformance.scene import Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Json
from tests.simulator.later.parts import parts_of

from .tale import stamp

HELLO = {"message": "Hello", "message_id": 7}


def shown(scene: Scene) -> dict[int, Json]:
    """Return the messages of the station."""
    return parts_of(scene.station).screen.messages


async def test_tc_o_01_06_12_13_14_25_27_28_a_message_is_shown_when_it_shall_be(
    scene: Scene,
) -> None:
    transaction_id = await scene.charge()
    now = scene.house.clock.now()
    later, last = now + timedelta(minutes=5), now + timedelta(minutes=10)
    running = {"transaction_id": transaction_id}
    for fields, wanted in (
        ({}, {"priority": "NormalCycle", "state": ABSENT, "transactionId": ABSENT}),
        (running, {"transactionId": transaction_id}),
        ({"message": "Good day"}, {"message": {"content": "Good day", "format": "UTF8"}}),
        ({"starts_at": later}, {"startDateTime": stamp(later)}),
        ({"ends_at": last}, {"endDateTime": stamp(last)}),
        ({"state": "charging"}, {"state": "Charging"}),
        (
            {"starts_at": later, **running},
            {"startDateTime": stamp(later), "transactionId": transaction_id},
        ),
        (
            {"ends_at": last, **running},
            {"endDateTime": stamp(last), "transactionId": transaction_id},
        ),
    ):
        scene.from_here()
        answer = await scene.ask("set_display_message", **{**HELLO, **fields})
        assert (answer["status"], answer["message_id"]) == ("Accepted", 7)
        scene.went(
            is_asked(
                "SetDisplayMessage",
                message={"id": 7, "message": {"content": "Hello"}, **wanted},
                answer={"status": "Accepted"},
            )
        )
        (sent,) = scene.calls("SetDisplayMessage")
        assert shown(scene) == {7: sent.request["message"]}, "it takes the place of the last one"


async def test_tc_o_02_03_07_08_09_11_messages_are_listed_by_what_is_asked(scene: Scene) -> None:
    scene.from_here()
    nothing = await scene.ask("get_display_messages")
    assert (nothing["status"], nothing["answer"]["messageInfo"]) == ("Unknown", [])
    await scene.ask("set_display_message", **HELLO)
    await scene.ask(
        "set_display_message", message="Hot", message_id=8, priority="in_front", state="faulted"
    )
    for fields, request, found in (
        ({}, {"id": ABSENT, "priority": ABSENT, "state": ABSENT}, [7, 8]),
        ({"message_ids": [7]}, {"id": [7]}, [7]),
        ({"priority": "in_front"}, {"priority": "InFront"}, [8]),
        ({"state": "faulted"}, {"state": "Faulted"}, [8]),
        ({"message_ids": [99]}, {"id": [99]}, []),
    ):
        scene.from_here()
        answer = await scene.ask("get_display_messages", **fields)
        assert [item["id"] for item in answer["answer"]["messageInfo"]] == found
        status = "Accepted" if found else "Unknown"
        scene.went(is_asked("GetDisplayMessages", **request, answer={"status": status}))
        if found:
            scene.went(says("NotifyDisplayMessages", answer={}))


async def test_tc_o_04_05_a_message_is_removed_or_was_never_there(scene: Scene) -> None:
    await scene.ask("set_display_message", **HELLO)
    scene.from_here()
    assert (await scene.ask("clear_display_message", message_id=7))["status"] == "Accepted"
    assert shown(scene) == {}
    told = await scene.is_refused("clear_display_message", message_id=7)
    assert (told["error"], told["action"], told["status"]) == (
        "command_refused",
        "ClearDisplayMessage",
        "Unknown",
    )
    assert [item.request for item in scene.calls("ClearDisplayMessage")] == [{"id": 7}] * 2


async def test_tc_o_10_17_18_19_26_a_message_the_station_cannot_show_is_told(
    scene: Scene,
) -> None:
    told = await scene.is_refused("set_display_message", **HELLO, transaction_id="none")
    assert (told["action"], told["status"]) == ("SetDisplayMessage", "UnknownTransaction")
    for status, fields in (
        ("NotSupportedPriority", {"priority": "always_front"}),
        ("NotSupportedState", {"state": "idle"}),
        ("NotSupportedMessageFormat", {"format": "html"}),
        ("Rejected", {}),
    ):
        scene.station.overrides["SetDisplayMessage"] = {"status": status}
        scene.from_here()
        told = await scene.is_refused("set_display_message", **HELLO, **fields)
        assert (told["error"], told["status"]) == ("command_refused", status)
        scene.went(is_asked("SetDisplayMessage", answer={"status": status}))
    assert shown(scene) == {}
