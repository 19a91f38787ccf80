"""Cards that nobody registered: remembered for whoever they belong to, or waited for."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ..model.clock import Clock
from ..model.driver import TokenOrigin, TokenType, folded
from ..model.events import CardPresented

_MOST_CARDS: Final = 50
_LONGEST: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCard:
    """A token nobody registered, and where and when it was presented last."""

    id_token: str
    station_id: str
    at: datetime
    type: TokenType | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return JSON-like content."""
        return {
            "id_token": self.id_token,
            "station_id": self.station_id,
            "at": self.at.isoformat(),
            "type": self.type,
        }


class Cards:
    """Remembers the newest fifty unknown tokens, and hands the next one presented to whoever waits for it."""

    def __init__(self, clock: Clock) -> None:
        """Remember nothing."""
        self.on_change: Callable[[], None] | None = None
        self._clock = clock
        self._seen: dict[str, SeenCard] = {}
        self._waiting: dict[asyncio.Future[CardPresented], datetime] = {}

    @property
    def seen(self) -> tuple[SeenCard, ...]:
        """Return what is remembered, the newest first."""
        return tuple(reversed(self._seen.values()))

    def restore(self, content: object) -> None:
        """Take up what `as_list` gave; what is of another shape is left out."""
        for item in content if isinstance(content, list) else []:
            card = _read(item)
            if card is not None:
                self._remember(card)

    def as_list(self) -> list[dict[str, str | None]]:
        """Return JSON-like content, the oldest first."""
        return [card.as_dict() for card in self._seen.values()]

    def forget(self, id_tokens: Iterable[str]) -> None:
        """Forget tokens that somebody has now."""
        gone = [self._seen.pop(folded(id_token), None) for id_token in id_tokens]
        if any(gone):
            self._changed()

    async def next_card(self) -> CardPresented:
        """Wait for the next token that is presented at any station, other than those we start sessions with."""
        future: asyncio.Future[CardPresented] = asyncio.get_running_loop().create_future()
        self._waiting[future] = self._clock.now()
        try:
            return await future
        finally:
            self._waiting.pop(future, None)

    def presented(self, event: CardPresented, *, record: bool) -> CardPresented:
        """Take a token that was presented; returns the news of it as the house shall hear it."""
        if event.origin is TokenOrigin.OWN:
            return event
        if record and event.origin is TokenOrigin.UNKNOWN and len(event.id_token) <= _LONGEST:
            self._remember(
                SeenCard(
                    id_token=event.id_token,
                    station_id=event.station_id,
                    at=event.at,
                    type=event.type,
                )
            )
            self._changed()
        waiting = [
            future
            for future, since in self._waiting.items()
            if not future.done() and (not event.replayed or event.at >= since)
        ]
        for future in waiting:
            future.set_result(event)
        return replace(event, learned=True) if waiting else event

    def _remember(self, card: SeenCard) -> None:
        known = self._seen.pop(folded(card.id_token), None)
        if known is not None and card.type is None:
            card = replace(card, type=known.type)
        self._seen[folded(card.id_token)] = card
        while len(self._seen) > _MOST_CARDS:
            del self._seen[next(iter(self._seen))]

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()


def _read(item: object) -> SeenCard | None:
    if not isinstance(item, Mapping):
        return None
    try:
        at = datetime.fromisoformat(str(item["at"]))
        kind = TokenType(item["type"]) if item.get("type") is not None else None
        id_token, station_id = item["id_token"], item["station_id"]
    except KeyError, ValueError:
        return None
    if not isinstance(id_token, str) or not isinstance(station_id, str) or at.tzinfo is None:
        return None
    return SeenCard(id_token=id_token, station_id=station_id, at=at, type=kind)
