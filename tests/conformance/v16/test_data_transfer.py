"""Data in no words but a vendor's."""

from tests.conformance.scene import Scene
from tests.conformance.wire import is_asked, says

REFUSALS = {"Rejected", "UnknownMessageId", "UnknownVendorId"}


async def test_tc_062_vendor_data_goes_out_and_its_answer_comes_back(scene: Scene) -> None:
    scene.station.data_transfers["com.example"] = lambda payload: {
        "status": "Accepted",
        "data": payload["data"][::-1],
    }
    scene.from_here()
    answer = await scene.ask(
        "data_transfer", vendor_id="com.example", message_id="Echo", data="abc"
    )
    assert answer == {"status": "Accepted", "answer": {"status": "Accepted", "data": "cba"}}
    scene.went(is_asked("DataTransfer", vendorId="com.example", messageId="Echo", data="abc"))
    told = await scene.is_refused("data_transfer", vendor_id="com.example.other")
    assert (told["error"], told["status"]) == ("command_refused", "UnknownVendorId")


async def test_tc_064_data_of_a_vendor_nobody_knows_is_refused_in_proper_form(
    scene: Scene,
) -> None:
    scene.from_here()
    await scene.station.tell(
        "DataTransfer", {"vendorId": "com.example.unknown", "messageId": "M", "data": "x"}
    )
    scene.went(
        says(
            "DataTransfer",
            vendorId="com.example.unknown",
            answer={"status": lambda status: status in REFUSALS},
        )
    )
