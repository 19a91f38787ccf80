"""The list of cards a station knows by heart."""

from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Car
from tests.system.house import GARAGE

ENTRIES = [
    {"id_token": CARD, "status": "Accepted"},
    {"id_token": "04DDEEFF", "status": "Blocked", "parent_id_token": "FAMILY"},
]
ON_WIRE = [
    {"idTag": CARD, "idTagInfo": {"status": "Accepted"}},
    {"idTag": "04DDEEFF", "idTagInfo": {"status": "Blocked", "parentIdTag": "FAMILY"}},
]
NO_LIST = {"LocalAuthListEnabled": "false"}


async def test_tc_008_1_a_listed_card_starts_without_asking(stage: Stage) -> None:
    async with stage(configuration={"LocalPreAuthorize": "true"}) as scene:
        await scene.ask("send_local_list", entries=ENTRIES)
        scene.from_here()
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        scene.station.present_card(1, CARD)
        await scene.moment()
        scene.never("Authorize")
        scene.went(
            says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}})
        )
        assert scene.shows("status") == "charging"


async def test_tc_008_2_a_listed_card_starts_from_afar_without_asking(stage: Stage) -> None:
    keys = {"LocalPreAuthorize": "true", "AuthorizeRemoteTxRequests": "true"}
    async with stage(configuration=keys) as scene:
        await scene.ask("send_local_list", entries=ENTRIES)
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        await scene.moment()
        scene.from_here()
        await scene.ask("start_session", id_token=CARD)
        scene.never("Authorize")
        scene.went(
            is_asked("RemoteStartTransaction", idTag=CARD, answer={"status": "Accepted"}),
            says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        )
        assert scene.shows("status") == "charging"


async def test_tc_042_1_a_station_without_a_list_has_version_minus_one(stage: Stage) -> None:
    async with stage(configuration=NO_LIST) as scene:
        scene.from_here()
        assert (await scene.ask("get_local_list_version"))["version"] == -1
        scene.went(is_asked("GetLocalListVersion", answer={"listVersion": -1}))


async def test_tc_042_2_an_empty_list_has_version_0(scene: Scene) -> None:
    scene.from_here()
    assert (await scene.ask("get_local_list_version"))["version"] == 0
    scene.went(is_asked("GetLocalListVersion", answer={"listVersion": 0}))


async def test_tc_043_1_a_station_that_knows_no_list_says_so(stage: Stage) -> None:
    async with stage(configuration=NO_LIST) as scene:
        scene.from_here()
        told = await scene.is_refused("send_local_list", entries=ENTRIES)
        assert told == {
            "error": "command_refused",
            "station": GARAGE,
            "action": "SendLocalList",
            "status": "NotSupported",
        }
        scene.went(is_asked("SendLocalList", updateType="Full", answer={"status": "NotSupported"}))


async def test_tc_043_2_a_version_that_does_not_follow_is_told(scene: Scene) -> None:
    await scene.ask("send_local_list", entries=ENTRIES, version=7)
    scene.from_here()
    told = await scene.is_refused(
        "send_local_list", entries=ENTRIES[:1], update_type="differential", version=5
    )
    assert (told["error"], told["status"]) == ("command_refused", "VersionMismatch")
    scene.went(
        is_asked(
            "SendLocalList",
            updateType="Differential",
            listVersion=5,
            answer={"status": "VersionMismatch"},
        )
    )
    assert (await scene.ask("get_local_list_version"))["version"] == 7


async def test_tc_043_3_a_list_the_station_cannot_take_is_told(scene: Scene) -> None:
    scene.from_here()
    many = [{"id_token": f"CARD-{number}", "status": "Accepted"} for number in range(101)]
    told = await scene.is_refused("send_local_list", entries=many)
    assert (told["error"], told["status"]) == ("command_refused", "Failed")
    (sent,) = scene.calls("SendLocalList")
    assert len(sent.request["localAuthorizationList"]) == 101
    assert sent.answer == {"status": "Failed"}
    assert scene.station.access.local_list == {}


async def test_tc_043_4_a_full_list_replaces_what_was_there(scene: Scene) -> None:
    await scene.ask("send_local_list", entries=[{"id_token": "OLD", "status": "Accepted"}])
    scene.from_here()
    answer = await scene.ask("send_local_list", entries=ENTRIES)
    (sent,) = scene.calls("SendLocalList")
    assert sent.request == {
        "listVersion": answer["version"],
        "updateType": "Full",
        "localAuthorizationList": ON_WIRE,
    }
    assert sent.answer == {"status": answer["status"]} == {"status": "Accepted"}
    assert set(scene.station.access.local_list) == {CARD.lower(), "04ddeeff"}
    assert (await scene.ask("get_local_list_version"))["version"] == answer["version"]


async def test_tc_043_5_a_differential_list_adds_and_takes_off(scene: Scene) -> None:
    before = await scene.ask("send_local_list", entries=ENTRIES)
    scene.from_here()
    answer = await scene.ask(
        "send_local_list",
        update_type="differential",
        entries=[{"id_token": "NEW", "status": "Accepted"}, {"id_token": "04DDEEFF"}],
    )
    assert answer["version"] > before["version"]
    scene.went(
        is_asked(
            "SendLocalList",
            listVersion=answer["version"],
            updateType="Differential",
            localAuthorizationList=[
                {"idTag": "NEW", "idTagInfo": {"status": "Accepted"}},
                {"idTag": "04DDEEFF"},
            ],
            answer={"status": "Accepted"},
        )
    )
    assert set(scene.station.access.local_list) == {CARD.lower(), "new"}


async def test_an_empty_full_list_takes_all_cards_off(scene: Scene) -> None:
    await scene.ask("send_local_list", entries=ENTRIES)
    scene.from_here()
    await scene.ask("send_local_list")
    scene.went(is_asked("SendLocalList", updateType="Full", localAuthorizationList=ABSENT))
    assert scene.station.access.local_list == {}


async def test_the_cards_of_drivers_are_kept_in_the_list(stage: Stage) -> None:
    async with stage(configuration={"LocalPreAuthorize": "true"}) as scene:
        scene.from_here()
        await scene.register("Ann", {"id_token": CARD}, {"id_token": "04DDEEFF", "blocked": True})
        await scene.moment(120)
        (sent,) = scene.calls("SendLocalList")
        assert sent.answer == {"status": "Accepted"}
        listed = {
            item["idTag"]: item["idTagInfo"]["status"]
            for item in sent.request["localAuthorizationList"]
        }
        assert listed == {CARD: "Accepted", "04DDEEFF": "Blocked"}
        scene.station.go_offline()
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        scene.station.present_card(1, CARD)
        await scene.moment(60)
        scene.station.go_online()
        await scene.house.until(lambda: scene.station.at_rest, within=600)
        scene.never("Authorize")
        scene.went(
            says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}})
        )
