"""Adding and changing a driver: by typing, by holding up a card, or by choosing one that was held up before."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.util import dt as dt_util

from .const import CONF_TOKENS, SUBENTRY_DRIVER
from .coordinator import ChargesteadConfigEntry
from .driver_config import CONF_EXPIRES, CONF_GROUP, CONF_ID_TOKEN, CONF_TOKEN_TYPE, expiry
from .driver_schemas import CONF_CARDS, driver_schema, remembered_schema
from .flow_schemas import without_blanks
from .history import async_station_names
from .model.driver import LONGEST_TOKEN, TokenType, folded
from .model.events import CardPresented
from .model.station import OcppVersion
from .option_words import async_option_words
from .site import Site

_PATIENCE_S: Final = 120
_NOTHING_WRONG: Final = {"token": "", "driver": "", "longest": ""}

type Token = dict[str, Any]


class DriverFlow(ConfigSubentryFlow):
    """Ask who charges, and with which cards."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._name: str | None = None
        self._tokens: list[Token] = []
        self._before: list[Token] = []
        self._waiting: asyncio.Task[CardPresented | None] | None = None

    async def async_step_user(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Let it be chosen how a card gets here."""
        return self.async_show_menu(step_id="user", menu_options=self._ways())

    async def async_step_reconfigure(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a driver; sessions that run notice, and none ends by it."""
        subentry = self._get_reconfigure_subentry()
        self._name = subentry.title
        self._before = [dict(item) for item in subentry.data.get(CONF_TOKENS, ())]
        self._tokens = list(self._before)
        return self.async_show_menu(step_id="reconfigure", menu_options=self._ways())

    async def async_step_learn(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Wait for the next card that is held up at any charger; whoever closes the form ends that."""
        if self._waiting is None:
            site = self._site()
            if site is None:
                return self.async_abort(reason="not_loaded")
            entry: ChargesteadConfigEntry = self._get_entry()
            self._waiting = entry.async_create_background_task(
                self.hass, _async_next_card(site), "wait for a card"
            )
        if not self._waiting.done():
            return self.async_show_progress(
                step_id="learn", progress_action="present_card", progress_task=self._waiting
            )
        waited, self._waiting = self._waiting, None
        card = None if waited.cancelled() else waited.result()
        if card is None:
            return self.async_show_progress_done(next_step_id="no_card")
        self._add(card.id_token, card.type)
        return self.async_show_progress_done(next_step_id="details")

    async def async_step_no_card(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Offer the ways again after nobody held up a card."""
        return self.async_show_menu(step_id="no_card", menu_options=self._ways())

    async def async_step_remembered(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Offer the cards that were accepted although nobody registered them."""
        site = self._site()
        if site is None:
            return self.async_abort(reason="not_loaded")
        cards = {card.id_token: card for card in site.cards.seen}
        if user_input is not None:
            for id_token in user_input[CONF_CARDS]:
                self._add(id_token, cards[id_token].type if id_token in cards else None)
            return await self.async_step_details()
        names = async_station_names(self._get_entry())
        labels = {
            id_token: " · ".join(
                (
                    id_token,
                    names.get(card.station_id, card.station_id),
                    f"{dt_util.as_local(card.at):%Y-%m-%d %H:%M}",
                )
            )
            for id_token, card in cards.items()
        }
        return self.async_show_form(
            step_id="remembered", data_schema=remembered_schema(labels), last_step=False
        )

    async def async_step_details(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the name and the cards."""
        errors: dict[str, str] = {}
        wrong: Mapping[str, str] = _NOTHING_WRONG
        shown: dict[str, Any] = {CONF_NAME: self._name, CONF_TOKENS: self._tokens}
        if user_input is not None:
            shown = user_input
            name = str(user_input.get(CONF_NAME, "")).strip()
            tokens = [_cleaned(item) for item in user_input.get(CONF_TOKENS, ())]
            if not name:
                errors[CONF_NAME] = "name_missing"
            elif any(folded(name) == folded(title) for title in self._others().values()):
                errors[CONF_NAME] = "name_taken"
            problem, wrong = self._find_problem(tokens)
            if problem is not None:
                errors[CONF_TOKENS] = problem
            if not errors:
                return self._finish(name, tokens)
        elif self._tokens != self._before:
            # What a card was held up for is told at once, not after a name was typed.
            problem, wrong = self._find_problem(self._tokens)
            if problem is not None:
                errors[CONF_TOKENS] = problem
        return self.async_show_form(
            step_id="details",
            data_schema=self.add_suggested_values_to_schema(
                driver_schema(await async_option_words(self.hass, "token_type")), shown
            ),
            errors=errors,
            description_placeholders=dict(wrong),
        )

    def _finish(self, name: str, tokens: list[Token]) -> SubentryFlowResult:
        data = {CONF_TOKENS: tokens}
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=name, data=data
            )
        return self.async_create_entry(title=name, data=data)

    def _ways(self) -> list[str]:
        """Return how a card can get here: by hand always, the rest while stations can be heard."""
        site = self._site()
        if site is None:
            return ["details"]
        return ["learn", "remembered", "details"] if site.cards.seen else ["learn", "details"]

    def _site(self) -> Site | None:
        entry: ChargesteadConfigEntry = self._get_entry()
        return entry.runtime_data.site if entry.state is ConfigEntryState.LOADED else None

    def _add(self, id_token: str, kind: TokenType | None) -> None:
        """Add a card to those of the driver, unless it is one already."""
        if all(folded(item[CONF_ID_TOKEN]) != folded(id_token) for item in self._tokens):
            token = {CONF_ID_TOKEN: id_token, CONF_TOKEN_TYPE: (kind or TokenType.ISO14443).value}
            self._tokens = [*self._tokens, token]

    def _others(self) -> dict[str, str]:
        """Return the names of the other drivers by their ids."""
        own = (
            self._get_reconfigure_subentry().subentry_id
            if self.source == SOURCE_RECONFIGURE
            else None
        )
        return {
            key: item.title
            for key, item in self._get_entry().subentries.items()
            if item.subentry_type == SUBENTRY_DRIVER and key != own
        }

    # What can be wrong with cards

    def _find_problem(self, tokens: list[Token]) -> tuple[str | None, Mapping[str, str]]:
        """Return what is wrong with the first card that is not right, and with which."""
        subentries = self._get_entry().subentries
        owners = {
            folded(item[CONF_ID_TOKEN]): name
            for key, name in self._others().items()
            for item in subentries[key].data.get(CONF_TOKENS, ())
        }
        longest = self._longest()
        seen: set[str] = set()
        for token in tokens:
            id_token = folded(token[CONF_ID_TOKEN])
            problem = (
                _length_problem(token, longest)
                or self._expiry_problem(token)
                or _owner_problem(id_token, seen, owners)
            )
            if problem is not None:
                return problem, {
                    "token": token[CONF_ID_TOKEN],
                    "driver": owners.get(id_token, ""),
                    "longest": str(longest),
                }
            seen.add(id_token)
        return None, _NOTHING_WRONG

    def _expiry_problem(self, token: Token) -> str | None:
        """Find fault with a day that has passed, unless it was there before."""
        day = token.get(CONF_EXPIRES)
        if day is None or token in self._before:
            return None
        return "bad_expiry" if expiry(day) <= dt_util.utcnow() else None

    def _longest(self) -> int:
        """Return how long a card number may be so that some charger of the house can send it."""
        site = self._site()
        versions = [
            station.state.version or OcppVersion.V21
            for station in (site.stations.values() if site else ())
        ]
        return max(LONGEST_TOKEN[version] for version in versions or [OcppVersion.V21])


async def _async_next_card(site: Site) -> CardPresented | None:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await site.cards.next_card()
    except TimeoutError:
        return None


def _cleaned(token: Mapping[str, Any]) -> Token:
    """Return a card as it is kept."""
    kept = without_blanks({key: value for key, value in token.items() if value is not None})
    return {CONF_ID_TOKEN: "", CONF_TOKEN_TYPE: TokenType.ISO14443.value, **kept}


def _owner_problem(id_token: str, own: set[str], owners: Mapping[str, str]) -> str | None:
    if id_token in own:
        return "token_twice"
    return "token_taken" if id_token in owners else None


def _length_problem(token: Token, longest: int) -> str | None:
    if not token[CONF_ID_TOKEN]:
        return "token_empty"
    if len(token[CONF_ID_TOKEN]) > longest:
        return "token_too_long"
    return "group_too_long" if len(token.get(CONF_GROUP, "")) > longest else None
