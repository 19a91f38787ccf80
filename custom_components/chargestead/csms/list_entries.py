"""Entries of a local list: as they are remembered, and as they are sent."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ..model.commands import LocalListEntry
from ..model.driver import DriverToken, TokenType
from .v2.values import type_word


def kept_as(token: DriverToken, fits: Callable[[str], bool]) -> list[str | None]:
    """Return what is remembered of a token: type, status, expiry and group, the last only where it `fits`."""
    group = token.group if token.group and fits(token.group) else None
    return [
        token.type.value,
        "Blocked" if token.blocked else "Accepted",
        token.expires_at.isoformat() if token.expires_at else None,
        group,
    ]


def entry_of(id_token: str, kept: Sequence[str | None], *, removed: bool = False) -> LocalListEntry:
    """Return the entry that puts a token on the list as remembered, or takes it off."""
    kind, status, expires_at, group = kept
    word = type_word(TokenType(kind or TokenType.ISO14443))
    if removed:
        return LocalListEntry(id_token=id_token, id_token_type=word)
    return LocalListEntry(
        id_token=id_token,
        id_token_type=word,
        status=status,
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        parent_id_token=group,
    )
