"""The local list in 2.0.1 and 2.1 (functional block D)."""

from typing import TYPE_CHECKING

from ..access import IdTagInfo
from ..handlers.common import optional, required, status
from ..link import Reply
from ..schedule import Json, read_time

if TYPE_CHECKING:
    from ..station import SimulatedStation


def get_local_list_version(station: SimulatedStation, payload: Json) -> Reply:  # noqa: ARG001
    """Answer GetLocalListVersion (D02); 0 without a list, or with an empty one."""
    enabled = station.configuration.flag("LocalAuthListEnabled")
    return Reply({"versionNumber": station.access.local_list_version if enabled else 0})


def send_local_list(station: SimulatedStation, payload: Json) -> Reply:
    """Answer SendLocalList (D01)."""
    version = required(payload, "versionNumber", int)
    kind = required(payload, "updateType", str)
    items = optional(payload, "localAuthorizationList", list)
    access, configuration = station.access, station.configuration
    if items == [] or version < 1 or not configuration.flag("LocalAuthListEnabled"):
        return status("Failed")
    items = items or []
    names = [_name(item) for item in items]
    if len(names) > configuration.number("SendLocalListMaxLength") or len(set(names)) < len(names):
        return status("Failed")
    if kind == "Differential" and version <= access.local_list_version:
        return status("VersionMismatch")
    updated = {} if kind == "Full" else dict(access.local_list)
    for name, item in zip(names, items, strict=True):
        info = optional(item, "idTokenInfo", dict)
        if info is not None:
            updated[name] = _info(info)
        elif kind == "Full":
            return status("Failed")
        else:
            updated.pop(name, None)
    if len(updated) > configuration.number("LocalAuthListMaxLength"):
        return status("Failed")
    access.local_list = updated
    access.local_list_version = version if updated else 0
    for name in names:
        access.cache.pop(name, None)
    return status("Accepted")


def _name(item: Json) -> str:
    token = required(item, "idToken", dict)
    required(token, "type", str)
    return required(token, "idToken", str).lower()


def _info(info: Json) -> IdTagInfo:
    group = optional(info, "groupIdToken", dict)
    return IdTagInfo(
        status=required(info, "status", str),
        expiry=read_time(info.get("cacheExpiryDateTime")),
        parent=None if group is None else required(group, "idToken", str),
    )
