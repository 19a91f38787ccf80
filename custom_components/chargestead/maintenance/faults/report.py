"""What is said about a fault, before it is one."""

from dataclasses import dataclass, replace
from typing import Final, Self

from ...model.fault import FaultKind, FaultSeverity, FaultSource

_LONGEST: Final = 255
_LONGEST_CODE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Something that is wrong by what was just heard; `severity` where the station says how bad it is.

    Texts are cut to what can be kept and shown.
    """

    kind: FaultKind
    source: FaultSource
    code: str
    connector_id: int = 0
    vendor_id: str | None = None
    vendor_code: str | None = None
    info: str | None = None
    severity: FaultSeverity | None = None

    @property
    def key(self) -> str:
        """Return what tells the fault from others of its station."""
        return key_of(self.source, self.connector_id, self.code, self.vendor_code)

    def cut(self) -> Self:
        """Return the report with no text longer than can be kept."""
        return replace(
            self,
            code=self.code[:_LONGEST_CODE],
            vendor_id=_cut(self.vendor_id),
            vendor_code=_cut(self.vendor_code),
            info=_cut(self.info),
        )


def house_report(kind: FaultKind, info: str | None = None) -> Report:
    """Return the report of something that is wrong with the house itself."""
    return Report(kind=kind, source=FaultSource.WATCH, code=kind.value, info=info).cut()


def key_of(source: FaultSource, connector_id: int, code: str, vendor_code: str | None) -> str:
    """Return the key of a fault."""
    parts = [source.value, str(connector_id), code[:_LONGEST_CODE]]
    if vendor_code:
        parts.append(vendor_code[:_LONGEST])
    return "/".join(parts)


def _cut(text: str | None) -> str | None:
    return text[:_LONGEST] if text else None
