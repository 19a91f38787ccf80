"""The list of tokens a station knows by heart, for when it cannot ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalListEntry:
    """A token and what a station shall answer it (1.6 AuthorizationData, section 7.1; 2.x AuthorizationData).

    Without a `status` the token is taken off the list, which only a differential update can. `status`, and `info` with
    further fields of idTagInfo or idTokenInfo, are in the words of the station's OCPP version. Types of tokens are not
    put on the wire in 1.6, which has none.
    """

    id_token: str
    id_token_type: str | None = None
    status: str | None = None
    expires_at: datetime | None = None
    parent_id_token: str | None = None
    parent_id_token_type: str | None = None
    info: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLocalList(Command):
    """Replace the local list or, unless `full`, change it (SendLocalList); `entries` may be left out altogether."""

    version: int
    full: bool = True
    entries: tuple[LocalListEntry, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetLocalListVersion(Command):
    """Ask for the version of the local list: 0 for an empty one, -1 (1.6) where there is none (GetLocalListVersion)."""
