"""Who may charge: the local list, the cache and the central system (OCPP 1.6 section 3.5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .configuration import Configuration
from .link import Call, CallError, OfflineError, UnansweredError
from .schedule import Json, read_time

ACCEPTED: Final = "Accepted"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdTagInfo:
    """What is known of a card."""

    status: str
    expiry: datetime | None = None
    parent: str | None = None

    def at(self, moment: datetime) -> IdTagInfo:
        """Return it as it stands at a moment."""
        if self.expiry is not None and moment >= self.expiry:
            return IdTagInfo(status="Expired", parent=self.parent)
        return self


def read_info(raw: Json) -> IdTagInfo:
    """Read an idTagInfo object."""
    return IdTagInfo(
        status=str(raw.get("status", "Invalid")),
        expiry=read_time(raw.get("expiryDate")),
        parent=raw.get("parentIdTag"),
    )


class Access:
    """Decides on cards, with the central system or without it."""

    def __init__(self, configuration: Configuration, call: Call) -> None:
        """Begin with an empty list and an empty cache."""
        self.local_list: dict[str, IdTagInfo] = {}
        self.local_list_version = 0
        self.cache: dict[str, IdTagInfo] = {}
        self._configuration = configuration
        self._call = call

    def listed(self, id_tag: str, moment: datetime) -> IdTagInfo | None:
        """Return what the local list or else the cache knows of a card."""
        name = id_tag.lower()
        info = None
        if self._configuration.flag("LocalAuthListEnabled"):
            info = self.local_list.get(name)
        if info is None and self._configuration.flag("AuthorizationCacheEnabled"):
            info = self.cache.get(name)
        return None if info is None else info.at(moment)

    def learn(self, id_tag: str, raw: object) -> IdTagInfo | None:
        """Keep what the central system said of a card; return it."""
        if not isinstance(raw, dict):
            return None
        info = read_info(raw)
        if id_tag.lower() not in self.local_list:
            self.cache[id_tag.lower()] = info
        return info

    async def authorize(self, id_tag: str, moment: datetime) -> IdTagInfo:
        """Return whether a card may charge."""
        known = self.listed(id_tag, moment)
        accepted = known is not None and known.status == ACCEPTED
        if known and accepted and self._configuration.flag("LocalPreAuthorize"):
            return known
        try:
            answer = await self._call("Authorize", {"idTag": id_tag})
        except OfflineError, UnansweredError:
            return self._offline(known)
        except CallError:
            return IdTagInfo(status="Invalid")
        return self.learn(id_tag, answer.get("idTagInfo")) or IdTagInfo(status="Invalid")

    def _offline(self, known: IdTagInfo | None) -> IdTagInfo:
        if known is not None and known.status != ACCEPTED:
            return known
        if known is not None and self._configuration.flag("LocalAuthorizeOffline"):
            return known
        if known is None and self._configuration.flag("AllowOfflineTxForUnknownId"):
            return IdTagInfo(status=ACCEPTED)
        return IdTagInfo(status="Invalid")
