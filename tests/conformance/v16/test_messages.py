"""Messages that come twice, too late, or in words nobody knows."""

from custom_components.chargestead.model.session import SessionFlag
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import says
from tests.simulator.frames import ERROR


async def test_a_message_nobody_knows_is_answered_not_implemented(scene: Scene) -> None:
    scene.from_here()
    await scene.station.tell("MakeCoffee", {"strength": 3})
    (coffee,) = scene.calls("MakeCoffee")
    assert coffee.error == "NotImplemented"
    scene.errors = {"NotImplemented"}
    await scene.moment(400)
    scene.went(says("Heartbeat"))


async def test_a_start_that_is_repeated_gets_the_same_transaction(scene: Scene) -> None:
    start = {
        "connectorId": 1,
        "idTag": CARD,
        "meterStart": 10_000,
        "timestamp": scene.station.times.stamp_always(),
    }
    scene.from_here()
    for _ in range(2):
        await scene.station.tell("StartTransaction", start)
    first, second = scene.calls("StartTransaction")
    assert first.answer == second.answer
    assert first.answer is not None
    await scene.moment()
    (session,) = await scene.house.sessions()
    assert session.transaction_id == str(first.answer["transactionId"])
    assert len(scene.events("session", "started")) == 1


async def test_the_stop_of_a_transaction_nobody_knows_is_taken_and_booked_on_nobody(
    scene: Scene,
) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    await scene.station.tell(
        "StopTransaction",
        {
            "transactionId": transaction_id + 1,
            "meterStop": 999_999,
            "timestamp": scene.station.times.stamp_always(),
        },
    )
    scene.went(says("StopTransaction", answer={}))
    await scene.moment()
    assert scene.shows("status") == "charging"
    orphan, running = sorted(await scene.house.sessions(), key=lambda item: item.is_open)
    assert orphan.transaction_id == str(transaction_id + 1)
    assert SessionFlag.ORPHAN in orphan.flags
    assert running.transaction_id == str(transaction_id)


async def test_text_that_is_no_message_is_answered_or_ignored_and_hurts_nobody(
    scene: Scene,
) -> None:
    scene.from_here()
    for text in ("{nonsense", "[]", '[2,"77"]', '[3,"no such call",{}]', '[2,"78","Heartbeat",[]]'):
        await scene.station.send_raw(text)
    await scene.moment(400)
    errors = scene.station.frames.find(sent=False, kind=ERROR)
    assert [frame.id for frame in errors if frame.id in {"77", "78"}] == ["77", "78"]
    scene.errors = {"FormationViolation"}
    scene.went(says("Heartbeat", answer={"currentTime": lambda text: text}))
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"
