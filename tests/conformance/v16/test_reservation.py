"""Keeping a connector free."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from custom_components.chargestead.const import DOMAIN
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Car
from tests.system.house import GARAGE

HOUR_S = 3600


async def _reserve(scene: Scene, **fields: object) -> int:
    """Reserve for an hour; return the id of the reservation."""
    answer = await scene.ask("reserve", **_wish(scene, **fields))
    assert answer["status"] == "Accepted"
    number = answer["reservation_id"]
    assert isinstance(number, int)
    return number


async def _is_refused(scene: Scene, status: str, **fields: object) -> None:
    told = await scene.is_refused("reserve", **_wish(scene, **fields))
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "ReserveNow",
        "status": status,
    }
    scene.went(is_asked("ReserveNow", answer={"status": status}))
    assert await _listed(scene) == []


def _wish(scene: Scene, **fields: object) -> dict[str, Any]:
    expires_at = scene.house.clock.now() + timedelta(seconds=HOUR_S)
    return {"id_token": CARD, "expires_at": expires_at, **fields}


async def _listed(scene: Scene) -> list[Mapping[str, Any]]:
    answer = await scene.hass.services.async_call(
        DOMAIN, "get_reservations", blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    found = answer["reservations"]
    assert isinstance(found, list)
    return found  # type: ignore[return-value]


async def _state(scene: Scene) -> tuple[str, bool]:
    (found,) = await _listed(scene)
    return found["status"], found["open"]


async def test_tc_046_a_reserved_connector_is_used_by_its_card(scene: Scene) -> None:
    scene.from_here()
    number = await _reserve(scene)
    assert scene.shows("status") == "reserved"
    scene.station.present_card(1, "04DDEEFF")
    await scene.moment()
    scene.never("StartTransaction")
    await scene.charge()
    scene.went(
        is_asked(
            "ReserveNow",
            connectorId=1,
            idTag=CARD,
            reservationId=number,
            parentIdTag=ABSENT,
            expiryDate="2026-10-05T07:00:20.000Z",
            answer={"status": "Accepted"},
        ),
        says("StatusNotification", connectorId=1, status="Reserved"),
        says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        says(
            "StartTransaction",
            idTag=CARD,
            reservationId=number,
            answer={"idTagInfo": {"status": "Accepted"}},
        ),
    )
    assert scene.shows("status") == "charging"
    assert await _state(scene) == ("used", False)


async def test_tc_046_a_reserved_connector_is_used_by_a_start_from_afar(scene: Scene) -> None:
    number = await _reserve(scene)
    scene.from_here()
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.ask("start_session", id_token=CARD)
    scene.went(
        is_asked("RemoteStartTransaction", idTag=CARD, answer={"status": "Accepted"}),
        says("StartTransaction", idTag=CARD, reservationId=number),
    )
    assert await _state(scene) == ("used", False)


async def test_tc_047_a_reservation_runs_out(scene: Scene) -> None:
    await _reserve(scene)
    scene.from_here()
    await scene.moment(HOUR_S)
    scene.went(says("StatusNotification", connectorId=1, status="Available"))
    assert scene.shows("status") == "available"
    assert await _state(scene) == ("expired", False)
    (event,) = scene.events("station", "reservation")
    assert event["status"] == "expired"


async def test_tc_048_1_a_faulted_connector_cannot_be_reserved(scene: Scene) -> None:
    scene.station.fault(1, "InternalError")
    await scene.moment()
    await _is_refused(scene, "Faulted")


async def test_tc_048_2_a_connector_in_use_cannot_be_reserved(scene: Scene) -> None:
    scene.station.plug_in(1)
    await scene.moment()
    assert scene.shows("status") == "preparing"
    await _is_refused(scene, "Occupied")


async def test_tc_048_3_a_connector_out_of_service_cannot_be_reserved(scene: Scene) -> None:
    scene.from_here()
    await scene.ask("set_availability", connector_id=1, operative=False)
    scene.went(
        is_asked("ChangeAvailability", connectorId=1, type="Inoperative"),
        says("StatusNotification", connectorId=1, status="Unavailable"),
    )
    await _is_refused(scene, "Unavailable")


async def test_tc_048_4_a_station_that_takes_no_reservations_says_so(scene: Scene) -> None:
    scene.station.overrides["ReserveNow"] = {"status": "Rejected"}
    await _is_refused(scene, "Rejected")


async def test_tc_049_a_whole_station_is_reserved_for_a_card(stage: Stage) -> None:
    async with stage(connectors=2) as scene:
        scene.from_here()
        number = await _reserve(scene, connector_id=0)
        await scene.charge(2)
        scene.went(
            is_asked(
                "ReserveNow",
                connectorId=0,
                idTag=CARD,
                reservationId=number,
                answer={"status": "Accepted"},
            ),
            says("StartTransaction", connectorId=2, idTag=CARD, reservationId=number),
        )
        assert await _state(scene) == ("used", False)


async def test_tc_050_1_a_station_whose_connectors_are_faulted_cannot_be_reserved(
    scene: Scene,
) -> None:
    scene.station.fault(1)
    await scene.moment()
    await _is_refused(scene, "Faulted", connector_id=0)


async def test_tc_050_2_a_station_whose_connectors_are_in_use_cannot_be_reserved(
    scene: Scene,
) -> None:
    scene.station.plug_in(1)
    await scene.moment()
    await _is_refused(scene, "Occupied", connector_id=0)


async def test_tc_050_3_a_station_out_of_service_cannot_be_reserved(scene: Scene) -> None:
    await scene.turn("available", 0, on=False)
    await _is_refused(scene, "Unavailable", connector_id=0)


async def test_tc_050_4_a_station_that_is_not_reserved_as_a_whole_says_so(stage: Stage) -> None:
    async with stage(configuration={"ReserveConnectorZeroSupported": "false"}) as scene:
        await _is_refused(scene, "Rejected", connector_id=0)


async def test_tc_051_a_reservation_is_cancelled(scene: Scene) -> None:
    number = await _reserve(scene)
    scene.from_here()
    answer = await scene.ask("cancel_reservation", reservation_id=number)
    assert answer["status"] == "Accepted"
    scene.went(
        is_asked("CancelReservation", reservationId=number, answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=1, status="Available"),
    )
    assert scene.shows("status") == "available"
    assert await _state(scene) == ("cancelled", False)


async def test_tc_052_a_reservation_nobody_knows_cannot_be_cancelled(scene: Scene) -> None:
    number = await _reserve(scene)
    scene.from_here()
    told = await scene.is_refused("cancel_reservation", reservation_id=number + 1)
    assert (told["error"], told["action"], told["status"]) == (
        "command_refused",
        "CancelReservation",
        "Rejected",
    )
    scene.went(
        is_asked("CancelReservation", reservationId=number + 1, answer={"status": "Rejected"})
    )
    assert scene.shows("status") == "reserved"
    assert await _state(scene) == ("accepted", True)
