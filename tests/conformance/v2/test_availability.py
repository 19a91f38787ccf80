"""Functional block G: what is in service, and what is broken."""

from tests.conformance.conftest import Stage
from tests.conformance.scene import Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator.later.monitoring import Place

EVSE = {"connector_id": 1}
CONNECTOR = {"connector_id": 1, "evse_connector_id": 1}


async def test_tc_g_03_04_05_06_07_08_what_is_put_out_of_service_comes_back(scene: Scene) -> None:
    for fields, evse in (
        (EVSE, {"id": 1, "connectorId": ABSENT}),
        ({"connector_id": 0}, ABSENT),
        (CONNECTOR, {"id": 1, "connectorId": 1}),
    ):
        for operative, word, status in (
            (False, "Inoperative", "Unavailable"),
            (True, "Operative", "Available"),
        ):
            scene.from_here()
            answer = await scene.ask("set_availability", operative=operative, **fields)
            assert answer["status"] == "Accepted"
            scene.went(
                is_asked(
                    "ChangeAvailability",
                    operationalStatus=word,
                    evse=evse,
                    answer={"status": "Accepted"},
                ),
                says("StatusNotification", evseId=1, connectorStatus=status, answer={}),
            )
            assert scene.shows("status") == status.lower()


async def test_tc_g_11_14_17_what_is_in_use_is_put_out_of_service_afterwards(
    scene: Scene,
) -> None:
    for fields in (EVSE, {"connector_id": 0}, CONNECTOR):
        await scene.charge()
        scene.from_here()
        answer = await scene.ask("set_availability", operative=False, **fields)
        assert answer["status"] == "Scheduled"
        assert scene.shows("status") == "charging"
        scene.station.unplug(1)
        await scene.moment()
        scene.went(
            is_asked(
                "ChangeAvailability",
                operationalStatus="Inoperative",
                answer={"status": "Scheduled"},
            ),
            says("StatusNotification", evseId=1, connectorStatus="Unavailable"),
        )
        scene.went(says("TransactionEvent", eventType="Ended", answer={}))
        assert scene.shows("status") == "unavailable"
        await scene.ask("set_availability", operative=True, **fields)
        assert scene.shows("status") == "available"


async def test_tc_g_20_a_lock_that_fails_is_shown_as_a_fault(scene: Scene) -> None:
    lock = Place(component="ConnectorPlugRetentionLock", evse=1, connector=1, variable="Problem")
    scene.from_here()
    scene.station.component_value(lock, "true")
    await scene.moment(600)
    scene.went(
        says("NotifyEvent", eventData=lambda told: told[0]["actualValue"] == "true", answer={})
    )
    (fault,) = scene.events("station", "fault")
    assert scene.shows("problem", platform="binary_sensor") == "on"
    scene.station.component_value(lock, "false")
    await scene.moment(600)
    assert scene.shows("problem", platform="binary_sensor") == "off"
    (cleared,) = scene.events("station", "fault_cleared")
    assert cleared["kind"] == fault["kind"]


async def test_a_switch_puts_the_whole_station_in_and_out_of_service(stage: Stage) -> None:
    async with stage(connectors=2) as scene:
        scene.from_here()
        await scene.turn("available", 0, on=False)
        scene.went(is_asked("ChangeAvailability", operationalStatus="Inoperative", evse=ABSENT))
        assert [scene.shows("status", number) for number in (1, 2)] == ["unavailable"] * 2
        await scene.turn("available", 0, on=True)
        assert [scene.shows("status", number) for number in (1, 2)] == ["available"] * 2
