"""Faults that come with the status of a connector (OCPP 1.6 section 7.6)."""

from collections.abc import Mapping
from typing import Final

from ...model.fault import FaultKind, FaultSource
from ...model.station import ConnectorFault
from .report import Report
from .vendors import VendorCodes

KINDS: Final[Mapping[str, FaultKind]] = {
    "ConnectorLockFailure": FaultKind.CONNECTOR_LOCK_FAILURE,
    "EVCommunicationError": FaultKind.EV_COMMUNICATION_ERROR,
    "GroundFailure": FaultKind.GROUND_FAILURE,
    "HighTemperature": FaultKind.HIGH_TEMPERATURE,
    "InternalError": FaultKind.INTERNAL_ERROR,
    "LocalListConflict": FaultKind.LOCAL_LIST_CONFLICT,
    "OtherError": FaultKind.OTHER_ERROR,
    "OverCurrentFailure": FaultKind.OVER_CURRENT_FAILURE,
    "OverVoltage": FaultKind.OVER_VOLTAGE,
    "PowerMeterFailure": FaultKind.POWER_METER_FAILURE,
    "PowerSwitchFailure": FaultKind.POWER_SWITCH_FAILURE,
    "ReaderFailure": FaultKind.READER_FAILURE,
    "ResetFailure": FaultKind.RESET_FAILURE,
    "UnderVoltage": FaultKind.UNDER_VOLTAGE,
    "WeakSignal": FaultKind.WEAK_SIGNAL,
    # Of OCPP 1.5, which some stations still say.
    "Mode3Error": FaultKind.EV_COMMUNICATION_ERROR,
}

_FOLDED: Final = {code.casefold(): kind for code, kind in KINDS.items()}
_ALL_WELL: Final = "noerror"


def status_report(
    connector_id: int,
    fault: ConnectorFault,
    vendor: str | None,
    model: str | None,
    codes: VendorCodes,
) -> Report | None:
    """Return the report of a complaint, None where all is well in another spelling.

    A code of the vendor's that is known says more than the one of OCPP, unless that is definite itself.
    """
    folded = "".join(letter for letter in fault.code.casefold() if letter.isalnum())
    if folded == _ALL_WELL:
        return None
    kind = _FOLDED.get(folded, FaultKind.UNKNOWN_ERROR)
    known = codes.find(fault.vendor_error_code, fault.vendor_id, vendor, model=model)
    if known is not None and kind in _VAGUE:
        kind = known.kind
    info = fault.info
    if known is not None and known.text:
        info = known.text if not info else f"{known.text} ({info})"
    return Report(
        kind=kind,
        source=FaultSource.STATUS,
        code=fault.code,
        connector_id=connector_id,
        vendor_id=fault.vendor_id,
        vendor_code=fault.vendor_error_code,
        info=info,
    ).cut()


_VAGUE: Final = frozenset(
    {FaultKind.OTHER_ERROR, FaultKind.INTERNAL_ERROR, FaultKind.UNKNOWN_ERROR}
)
