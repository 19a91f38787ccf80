"""What the forms of drivers ask for."""

from collections.abc import Mapping
from typing import Final

from homeassistant.const import CONF_NAME
from homeassistant.helpers import selector
import probatio

from .const import CONF_TOKENS
from .driver_config import CONF_BLOCKED, CONF_EXPIRES, CONF_GROUP, CONF_ID_TOKEN, CONF_TOKEN_TYPE
from .model.driver import TokenType

CONF_CARDS: Final = "cards"


def driver_schema(types: Mapping[str, str]) -> probatio.Schema:
    """Return the form of a driver; the pages do not translate the types of tokens (type to label) within a list."""
    kind = selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[
                selector.SelectOptionDict(value=item, label=types.get(item, item))
                for item in TokenType
            ],
            mode=selector.SelectSelectorMode.DROPDOWN,
        )
    )
    tokens = selector.ObjectSelector(
        selector.ObjectSelectorConfig(
            translation_key=CONF_TOKENS,
            multiple=True,
            label_field=CONF_ID_TOKEN,
            fields={
                CONF_ID_TOKEN: {"selector": selector.TextSelector(), "required": True},
                CONF_TOKEN_TYPE: {"selector": kind},
                CONF_BLOCKED: {"selector": selector.BooleanSelector()},
                CONF_EXPIRES: {"selector": selector.DateSelector()},
                CONF_GROUP: {"selector": selector.TextSelector()},
            },
        )
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_NAME): selector.TextSelector(),
            probatio.Optional(CONF_TOKENS): tokens,
        }
    )


def remembered_schema(cards: Mapping[str, str]) -> probatio.Schema:
    """Return the form to choose among cards (number to label) that were held up and that nobody registered."""
    options = [selector.SelectOptionDict(value=key, label=label) for key, label in cards.items()]
    return probatio.Schema(
        {
            probatio.Required(CONF_CARDS): selector.SelectSelector(
                selector.SelectSelectorConfig(
                    options=options, multiple=True, mode=selector.SelectSelectorMode.LIST
                )
            )
        }
    )
