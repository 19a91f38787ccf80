"""Functional block H: keeping an EVSE free."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from custom_components.chargestead.const import DOMAIN
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Json
from tests.system.house import GARAGE

from .tale import TOKEN, Tale, stamp

OTHER = "04DDEEFF"
ACCEPTED: Json = {"ReserveNow": {"status": "Accepted"}, "CancelReservation": {"status": "Accepted"}}


def _wish(scene: Scene, **fields: object) -> dict[str, Any]:
    expires_at = scene.house.clock.now() + timedelta(hours=1)
    return {"id_token": CARD, "expires_at": expires_at, **fields}


async def _reserve(scene: Scene, evse: object = 1, **fields: object) -> int:
    """Reserve for an hour; return the id of the reservation."""
    scene.station.overrides.update(ACCEPTED)
    scene.from_here()
    wish = _wish(scene, **fields)
    answer = await scene.ask("reserve", **wish)
    assert answer["status"] == "Accepted"
    number = answer["reservation_id"]
    scene.went(
        is_asked(
            "ReserveNow",
            id=number,
            evseId=evse,
            idToken={**TOKEN, "idToken": wish["id_token"]},
            expiryDateTime=stamp(wish["expires_at"]),
            answer={"status": "Accepted"},
        )
    )
    assert isinstance(number, int)
    return number


async def _states(scene: Scene) -> list[str]:
    answer = await scene.hass.services.async_call(
        DOMAIN, "get_reservations", blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    found = answer["reservations"]
    assert isinstance(found, list)
    return [str(item["status"]) for item in found if isinstance(item, Mapping)]


async def _ends(scene: Scene, number: int, status: str) -> None:
    payload = {"reservationId": number, "reservationUpdateStatus": status}
    assert await scene.station.send("ReservationStatusUpdate", payload) == {}
    await scene.moment()


async def test_tc_h_01_a_reserved_evse_is_used_by_its_card(scene: Scene) -> None:
    number = await _reserve(scene)
    tale = Tale(scene=scene)
    await tale.shows("Reserved")
    assert scene.shows("status") == "reserved"
    assert await _states(scene) == ["accepted"]
    await tale.tells("Started", "Authorized", "EVConnected", card=CARD, reservationId=number)
    assert await _states(scene) == ["used"]


async def test_tc_h_07_a_reservation_that_is_not_used_runs_out(scene: Scene) -> None:
    number = await _reserve(scene)
    tale = Tale(scene=scene)
    await tale.shows("Reserved")
    await scene.moment(3600)
    await _ends(scene, number, "Expired")
    await tale.shows("Available")
    assert await _states(scene) == ["expired"]
    assert scene.shows("status") == "available"
    (event,) = scene.events("station", "reservation")[-1:]
    assert event["status"] == "expired"


async def test_tc_h_08_14_any_evse_is_reserved_as_often_as_there_are_evses(stage: Stage) -> None:
    async with stage(connectors=2) as scene:
        first = await _reserve(scene, ABSENT)
        second = await _reserve(scene, ABSENT, id_token=OTHER)
        assert first != second
        for evse in (1, 2):
            await Tale(scene=scene, evse=evse).shows("Reserved")
        assert [scene.shows("status", number) for number in (1, 2)] == ["reserved"] * 2
        assert await _states(scene) == ["accepted", "accepted"]


async def test_tc_h_15_a_connector_of_a_kind_is_reserved(stage: Stage) -> None:
    async with stage(connectors=2) as scene:
        await _reserve(scene, ABSENT, connector_type="cType2")
        scene.went(is_asked("ReserveNow", connectorType="cType2", evseId=ABSENT))


async def test_tc_h_17_a_reservation_is_cancelled(scene: Scene) -> None:
    number = await _reserve(scene)
    tale = Tale(scene=scene)
    await tale.shows("Reserved")
    assert (await scene.ask("cancel_reservation", reservation_id=number))["status"] == "Accepted"
    await tale.shows("Available")
    scene.went(
        is_asked("CancelReservation", reservationId=number, answer={"status": "Accepted"}),
        says("StatusNotification", connectorStatus="Available", answer={}),
    )
    assert await _states(scene) == ["cancelled"]
    scene.station.overrides["CancelReservation"] = {"status": "Rejected"}
    told = await scene.is_refused("cancel_reservation", reservation_id=number + 1)
    assert (told["action"], told["status"]) == ("CancelReservation", "Rejected")


async def test_tc_h_19_a_card_of_the_same_group_uses_a_reservation(scene: Scene) -> None:
    await scene.register(
        "Family", *({"id_token": card, "group": "FAMILY"} for card in (CARD, OTHER))
    )
    number = await _reserve(scene, parent_id_token="FAMILY")
    family = {"idToken": "FAMILY", "type": "Central"}
    scene.went(is_asked("ReserveNow", groupIdToken=family))
    answer = await scene.station.send("Authorize", {"idToken": {**TOKEN, "idToken": OTHER}})
    assert answer == {"idTokenInfo": {"status": "Accepted", "groupIdToken": family}}
    tale = Tale(scene=scene)
    answer = await tale.tells(
        "Started", "Authorized", "EVConnected", card=OTHER, reservationId=number
    )
    assert answer["idTokenInfo"]["groupIdToken"] == family
    assert await _states(scene) == ["used"]


async def test_tc_h_20_a_station_that_fails_gives_its_reservation_up(scene: Scene) -> None:
    number = await _reserve(scene)
    tale = Tale(scene=scene)
    await tale.shows("Reserved")
    await tale.shows("Faulted")
    await _ends(scene, number, "Removed")
    assert await _states(scene) == ["removed"]
    assert scene.shows("status") == "faulted"


async def test_tc_h_22_a_reservation_that_is_refused_is_told(scene: Scene) -> None:
    for status in ("Rejected", "Occupied", "Faulted", "Unavailable"):
        scene.station.overrides["ReserveNow"] = {"status": status}
        scene.from_here()
        told = await scene.is_refused("reserve", **_wish(scene))
        assert told == {
            "error": "command_refused",
            "station": GARAGE,
            "action": "ReserveNow",
            "status": status,
        }
    assert await _states(scene) == []
