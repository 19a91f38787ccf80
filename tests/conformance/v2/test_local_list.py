"""Functional block D: the cards a station knows by heart."""

from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked
from tests.simulator import Json
from tests.simulator.later.parts import parts_of

from .tale import TOKEN

OTHER = "04DDEEFF"
ENTRIES = [
    {"id_token": CARD, "status": "Accepted"},
    {"id_token": OTHER, "status": "Blocked", "parent_id_token": "FAMILY"},
]
ON_WIRE: list[Json] = [
    {"idToken": TOKEN, "idTokenInfo": {"status": "Accepted"}},
    {
        "idToken": {**TOKEN, "idToken": OTHER},
        "idTokenInfo": {
            "status": "Blocked",
            "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
        },
    },
]


async def test_tc_d_01_04_08_a_full_list_replaces_what_was_there_also_with_nothing(
    scene: Scene,
) -> None:
    await scene.ask("send_local_list", entries=[{"id_token": "OLD", "status": "Accepted"}])
    scene.from_here()
    answer = await scene.ask("send_local_list", entries=ENTRIES)
    (sent,) = scene.calls("SendLocalList")
    assert sent.request == {
        "versionNumber": answer["version"],
        "updateType": "Full",
        "localAuthorizationList": ON_WIRE,
    }
    assert sent.answer == {"status": "Accepted"}
    assert set(scene.station.access.local_list) == {CARD.lower(), OTHER.lower()}
    assert (await scene.ask("get_local_list_version"))["version"] == answer["version"]
    scene.went(is_asked("GetLocalListVersion", answer={"versionNumber": answer["version"]}))
    scene.from_here()
    await scene.ask("send_local_list")
    scene.went(
        is_asked(
            "SendLocalList",
            updateType="Full",
            localAuthorizationList=ABSENT,
            answer={"status": "Accepted"},
        )
    )
    assert scene.station.access.local_list == {}


async def test_tc_d_02_03_a_differential_list_adds_and_takes_off(scene: Scene) -> None:
    before = await scene.ask("send_local_list", entries=ENTRIES)
    scene.from_here()
    answer = await scene.ask(
        "send_local_list",
        update_type="differential",
        entries=[{"id_token": "04112233", "status": "Accepted"}],
    )
    assert answer["version"] > before["version"]
    last = await scene.ask(
        "send_local_list", update_type="differential", entries=[{"id_token": OTHER}]
    )
    scene.went(
        is_asked(
            "SendLocalList",
            versionNumber=answer["version"],
            updateType="Differential",
            localAuthorizationList=[
                {
                    "idToken": {**TOKEN, "idToken": "04112233"},
                    "idTokenInfo": {"status": "Accepted"},
                }
            ],
            answer={"status": "Accepted"},
        ),
        is_asked(
            "SendLocalList",
            versionNumber=last["version"],
            updateType="Differential",
            localAuthorizationList=[{"idToken": {**TOKEN, "idToken": OTHER}}],
            answer={"status": "Accepted"},
        ),
    )
    assert set(scene.station.access.local_list) == {CARD.lower(), "04112233"}


async def test_tc_d_09_a_station_without_a_list_has_version_0(stage: Stage) -> None:
    async with stage(configuration={"LocalAuthListEnabled": "false"}) as scene:
        scene.from_here()
        assert (await scene.ask("get_local_list_version"))["version"] == 0
        scene.went(is_asked("GetLocalListVersion", answer={"versionNumber": 0}))
        told = await scene.is_refused("send_local_list", entries=ENTRIES)
        assert (told["action"], told["status"]) == ("SendLocalList", "Failed")


async def test_a_version_that_does_not_follow_is_told(scene: Scene) -> None:
    await scene.ask("send_local_list", entries=ENTRIES, version=7)
    told = await scene.is_refused(
        "send_local_list", entries=ENTRIES[:1], update_type="differential", version=5
    )
    assert (told["error"], told["status"]) == ("command_refused", "VersionMismatch")
    assert (await scene.ask("get_local_list_version"))["version"] == 7


async def test_tc_n_46_a_driver_who_is_forgotten_is_taken_off_the_list_too(scene: Scene) -> None:
    for name, card in (("Ann", CARD), ("Ben", OTHER)):
        await scene.register(name, {"id_token": card})
    await scene.moment(120)
    assert set(scene.station.access.local_list) == {CARD.lower(), OTHER.lower()}
    parts_of(scene.station).customers.known[CARD] = "charged"
    scene.from_here()
    await scene.ask("customer_information", id_token=CARD, report=False, clear=True)
    (ann,) = (item for item in scene.house.entry.subentries.values() if item.title == "Ann")
    scene.hass.config_entries.async_remove_subentry(scene.house.entry, ann.subentry_id)
    await scene.hass.async_block_till_done()
    await scene.moment(120)
    scene.went(
        is_asked("CustomerInformation", clear=True, answer={"status": "Accepted"}),
        is_asked("SendLocalList", answer={"status": "Accepted"}),
    )
    assert set(scene.station.access.local_list) == {OTHER.lower()}
