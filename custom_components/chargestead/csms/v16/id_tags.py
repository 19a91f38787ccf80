"""What OCPP 1.6 tells of a token (section 7.26, IdTagInfo)."""

from typing import Final

from ...model.driver import LONGEST_TOKEN
from ...model.station import OcppVersion
from ..authorization import Decision
from ..fields import on_wire

_LONGEST: Final = LONGEST_TOKEN[OcppVersion.V16]


def id_tag_info(decision: Decision) -> dict[str, object]:
    """Return an idTagInfo; a group that is too long for this version is left out."""
    group = decision.group
    return on_wire(
        status=decision.status.value,
        expiryDate=decision.expires_at,
        parentIdTag=group if group and len(group) <= _LONGEST else None,
    )
