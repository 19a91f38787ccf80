"""Cards that may not charge."""

from datetime import timedelta

from custom_components.chargestead.const import CONF_UNKNOWN_TOKENS
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import is_asked, says
from tests.simulator import Car

REJECTING = {CONF_UNKNOWN_TOKENS: "reject"}
EARLIER = "2026-10-01"
OTHER = "04DDEEFF"


async def test_tc_023_1_an_unknown_card_is_invalid_and_starts_nothing(stage: Stage) -> None:
    async with stage(options=REJECTING) as scene:
        scene.from_here()
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        scene.station.present_card(1, CARD)
        await scene.moment()
        scene.went(says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Invalid"}}))
        scene.never("StartTransaction")
        assert scene.shows("status") == "preparing"
        (card,) = scene.events("card")
        assert (card["event_type"], card["id_token"]) == ("rejected", CARD)


async def _is_refused(scene: Scene, status: str) -> None:
    """Prove that a card is refused with a status, and starts nothing."""
    scene.from_here()
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    scene.station.present_card(1, CARD)
    await scene.moment()
    scene.went(says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": status}}))
    scene.never("StartTransaction")
    assert scene.shows("status") == "preparing"
    (card,) = scene.events("card")
    assert (card["event_type"], card["id_token"]) == ("rejected", CARD)


async def test_tc_023_2_a_card_whose_time_is_over_is_expired_and_starts_nothing(
    scene: Scene,
) -> None:
    await scene.register("Guest", {"id_token": CARD, "expires": EARLIER})
    await _is_refused(scene, "Expired")


async def test_tc_023_3_a_blocked_card_starts_nothing(scene: Scene) -> None:
    await scene.register("Thief", {"id_token": CARD, "blocked": True})
    await _is_refused(scene, "Blocked")


async def test_tc_069_another_card_of_the_same_parent_stops(scene: Scene) -> None:
    await scene.register(
        "Family", *({"id_token": card, "group": "FAMILY"} for card in (CARD, OTHER))
    )
    transaction_id = await scene.charge()
    scene.from_here()
    scene.station.present_card(1, OTHER)
    await scene.moment()
    family = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAMILY"}}
    scene.went(
        says("Authorize", idTag=OTHER, answer=family),
        says("StopTransaction", transactionId=transaction_id, idTag=OTHER, answer=family),
    )
    assert scene.shows("status") == "finishing"


async def test_tc_053_a_card_of_the_same_parent_uses_a_reservation(scene: Scene) -> None:
    await scene.register(
        "Family", *({"id_token": card, "group": "FAMILY"} for card in (CARD, OTHER))
    )
    scene.from_here()
    made = await scene.ask(
        "reserve",
        id_token=CARD,
        parent_id_token="FAMILY",
        expires_at=scene.house.clock.now() + timedelta(hours=1),
    )
    assert scene.shows("status") == "reserved"
    await scene.charge(card=OTHER)
    family = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAMILY"}}
    scene.went(
        is_asked(
            "ReserveNow",
            connectorId=1,
            idTag=CARD,
            parentIdTag="FAMILY",
            reservationId=made["reservation_id"],
            answer={"status": "Accepted"},
        ),
        says("Authorize", idTag=OTHER, answer=family),
        says(
            "StartTransaction",
            idTag=OTHER,
            reservationId=made["reservation_id"],
            answer=family,
        ),
    )
    assert scene.shows("status") == "charging"
