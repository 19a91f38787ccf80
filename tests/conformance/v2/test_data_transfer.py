"""Functional block P: data of vendors."""

from tests.conformance.scene import Scene
from tests.conformance.wire import ABSENT, is_asked, says


async def test_tc_p_02_data_of_a_vendor_nobody_knows_is_refused_in_proper_form(
    scene: Scene,
) -> None:
    scene.from_here()
    payload = {"vendorId": "com.example", "messageId": "hello", "data": {"a": 1}}
    answer = await scene.station.send("DataTransfer", payload)
    assert answer == {"status": "UnknownVendorId"}
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_tc_p_03_custom_data_disturbs_nobody(scene: Scene) -> None:
    custom = {"customData": {"vendorId": "com.example", "colour": "blue"}}
    scene.from_here()
    assert "currentTime" in await scene.station.send("Heartbeat", custom)
    boot = {
        "reason": "Triggered",
        "chargingStation": {"vendorName": "V", "model": "M", **custom},
        **custom,
    }
    assert (await scene.station.send("BootNotification", boot))["status"] == "Accepted"
    scene.went(says("BootNotification", customData=custom["customData"]))


async def test_vendor_data_goes_out_and_its_answer_comes_back(scene: Scene) -> None:
    scene.station.data_transfers["com.example"] = lambda _: {"status": "Accepted", "data": "yes"}
    scene.from_here()
    answer = await scene.ask("data_transfer", vendor_id="com.example", data="do?")
    assert answer["answer"] == {"status": "Accepted", "data": "yes"}
    scene.went(is_asked("DataTransfer", vendorId="com.example", messageId=ABSENT, data="do?"))
    told = await scene.is_refused("data_transfer", vendor_id="org.example")
    assert (told["action"], told["status"]) == ("DataTransfer", "UnknownVendorId")
