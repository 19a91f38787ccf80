"""The Local Auth List Management profile."""

from typing import TYPE_CHECKING

from ..access import read_info
from ..link import Reply
from ..schedule import Json
from .common import optional, required, status

if TYPE_CHECKING:
    from ..station import SimulatedStation


def get_local_list_version(station: SimulatedStation, payload: Json) -> Reply:  # noqa: ARG001
    """Answer GetLocalListVersion (section 5.10)."""
    if not station.configuration.flag("LocalAuthListEnabled"):
        return Reply({"listVersion": -1})
    return Reply({"listVersion": station.access.local_list_version})


def send_local_list(station: SimulatedStation, payload: Json) -> Reply:
    """Answer SendLocalList (section 5.15)."""
    version = required(payload, "listVersion", int)
    kind = required(payload, "updateType", str)
    items = optional(payload, "localAuthorizationList", list) or []
    access, configuration = station.access, station.configuration
    if not configuration.flag("LocalAuthListEnabled"):
        return status("NotSupported")
    if version < 1 or len(items) > configuration.number("SendLocalListMaxLength"):
        return status("Failed")
    if kind == "Differential" and version <= access.local_list_version:
        return status("VersionMismatch")
    updated = {} if kind == "Full" else dict(access.local_list)
    for item in items:
        name = str(item.get("idTag", "")).lower()
        info = item.get("idTagInfo")
        if info is None:
            updated.pop(name, None)
        else:
            updated[name] = read_info(info)
    if len(updated) > configuration.number("LocalAuthListMaxLength"):
        return status("Failed")
    access.local_list = updated
    access.local_list_version = version if updated else 0
    for name in updated:
        access.cache.pop(name, None)
    return status("Accepted")
