"""Every entity, state and event has words and every action has an icon."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

from homeassistant.helpers.entity import EntityDescription
import pytest

import custom_components.chargestead as integration
from custom_components.chargestead import (
    binary_sensor,
    button,
    calendar,
    event,
    number,
    sensor,
    switch,
    todo,
    update,
)
from custom_components.chargestead.services import ACTIONS, ENTRY_ACTIONS

FOLDER = Path(integration.__file__).parent
WORDS = json.loads((FOLDER / "translations/en.json").read_text(encoding="utf-8"))
ICONS = json.loads((FOLDER / "icons.json").read_text(encoding="utf-8"))


def descriptions() -> Iterator[tuple[str, EntityDescription]]:
    """Yield the descriptions of all entities, by platform."""
    for module in (binary_sensor, button, calendar, event, number, sensor, switch, todo, update):
        platform = module.__name__.rpartition(".")[2]
        for content in vars(module).values():
            found = content if isinstance(content, tuple) else (content,)
            for item in found:
                if isinstance(item, EntityDescription):
                    yield platform, item


DESCRIPTIONS = list(descriptions())


def words_of(platform: str, description: EntityDescription) -> dict[str, Any]:
    """Return what is written about an entity."""
    words: dict[str, Any] = WORDS["entity"][platform].get(description.translation_key, {})
    return words


@pytest.mark.parametrize(
    ("platform", "description"),
    DESCRIPTIONS,
    ids=[f"{platform} {description.key}" for platform, description in DESCRIPTIONS],
)
def test_an_entity_has_a_name_and_words_for_its_states(
    platform: str, description: EntityDescription
) -> None:
    words = words_of(platform, description)
    if description.name is None:
        assert "name" not in words
    else:
        assert words["name"]
    if options := getattr(description, "options", None):
        assert set(words["state"]) == set(options)
    if event_types := getattr(description, "event_types", None):
        assert set(words["state_attributes"]["event_type"]["state"]) == set(event_types)


@pytest.mark.parametrize("book", [WORDS, ICONS], ids=["words", "icons"])
def test_nothing_is_written_about_entities_there_are_not(book: dict[str, Any]) -> None:
    there = {(platform, description.translation_key) for platform, description in DESCRIPTIONS}
    written = {(platform, key) for platform, entities in book["entity"].items() for key in entities}
    assert written <= there


def test_every_action_has_an_icon() -> None:
    assert set(ICONS["services"]) == {action.name for action in (*ACTIONS, *ENTRY_ACTIONS)}


def test_keys_are_unique_within_a_platform_and_a_kind_of_device() -> None:
    keys = [
        (platform, type(description).__name__, description.key)
        for platform, description in DESCRIPTIONS
    ]
    assert len(keys) == len(set(keys))
