"""Cards nobody registered: remembered within bounds, and handed to whoever waits for one."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from custom_components.chargestead.model.config import SiteConfig, UnknownTokens
from custom_components.chargestead.model.driver import Driver, DriverToken, TokenOrigin, TokenType
from custom_components.chargestead.model.events import CardPresented
from custom_components.chargestead.site.cards import Cards
from tests.csms.transaction_fixtures import NOON, STATION, HandClock, House


def card(id_token: str, **changes: Any) -> CardPresented:  # noqa: ANN401
    """Return the news of a card that was accepted although nobody has it."""
    fields = {
        "station_id": STATION,
        "at": NOON,
        "connector_id": 1,
        "id_token": id_token,
        "accepted": True,
        "origin": TokenOrigin.UNKNOWN,
    }
    return CardPresented(**(fields | changes))  # type: ignore[arg-type]


def seen(cards: Cards) -> list[str]:
    """Return the numbers of the cards that are remembered."""
    return [item.id_token for item in cards.seen]


@pytest.mark.parametrize(
    ("policy", "remembered"),
    [
        (UnknownTokens.ACCEPT, []),
        (UnknownTokens.REJECT, []),
        (UnknownTokens.RECORD, ["UNKNOWN"]),
    ],
)
async def test_cards_are_remembered_where_the_house_says_so(
    policy: UnknownTokens, remembered: list[str]
) -> None:
    anna = Driver(driver_id="anna", name="Anna", tokens=(DriverToken(id_token="ANNA"),))
    async with House(site=SiteConfig(unknown_tokens=policy, drivers=(anna,))) as house:
        for id_tag in ("UNKNOWN", "anna", "CHARGESTEAD"):
            await house.say("Authorize", idTag=id_tag)
        assert seen(house.site.cards) == remembered


async def test_a_card_is_remembered_once_however_it_is_written() -> None:
    cards = Cards(HandClock())
    cards.presented(card("04aa", type=TokenType.ISO14443), record=True)
    cards.presented(card("OTHER"), record=True)
    cards.presented(card(" 04AA", at=NOON + timedelta(hours=1)), record=True)
    assert seen(cards) == [" 04AA", "OTHER"]
    assert cards.seen[0].type is TokenType.ISO14443, "what was told once is known"


async def test_the_oldest_of_too_many_is_forgotten() -> None:
    cards = Cards(HandClock())
    for number in range(60):
        cards.presented(card(f"CARD-{number}"), record=True)
    cards.presented(card("X" * 256), record=True)
    assert seen(cards) == [f"CARD-{number}" for number in range(59, 9, -1)]


async def test_what_is_remembered_outlives_a_restart_and_nonsense_is_left_out() -> None:
    cards = Cards(HandClock())
    cards.presented(card("ONE", type=TokenType.KEY_CODE), record=True)
    cards.presented(card("TWO"), record=True)
    content: list[Any] = cards.as_list()
    nonsense = [
        None,
        {},
        {**content[0], "at": "soon"},
        {**content[0], "at": "2026-01-01T00:00:00"},
        {**content[0], "type": "bone"},
        {**content[0], "id_token": 5},
        {**content[0], "station_id": None},
    ]
    other = Cards(HandClock())
    other.restore([*nonsense, *content])
    assert other.seen == cards.seen
    other.restore("nothing")
    assert other.seen == cards.seen


async def test_a_card_that_somebody_gets_is_forgotten() -> None:
    told: list[list[str]] = []
    cards = Cards(HandClock())
    cards.on_change = lambda: told.append(seen(cards))
    cards.presented(card("ONE"), record=True)
    cards.presented(card("TWO"), record=True)
    cards.forget(["one", "NEVER SEEN"])
    cards.forget(["NEVER SEEN"])
    assert told == [["ONE"], ["TWO", "ONE"], ["TWO"]]


async def test_whoever_waits_gets_the_next_card_and_no_old_news() -> None:
    clock = HandClock()
    clock.advance(60)
    cards = Cards(clock)
    waiting = [asyncio.create_task(cards.next_card()) for _ in range(2)]
    gone = asyncio.create_task(cards.next_card())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    assert not cards.presented(card("OLD", replayed=True), record=False).learned
    assert not cards.presented(card("OURS", origin=TokenOrigin.OWN), record=True).learned
    told = cards.presented(
        card("NEW", replayed=True, at=NOON + timedelta(seconds=61)), record=False
    )
    assert told.learned
    assert not cards.presented(card("LATER"), record=False).learned
    assert [(await task).id_token for task in waiting] == ["NEW", "NEW"]
    assert not cards.presented(card("LATER"), record=False).learned
    assert seen(cards) == []
