"""What a station says of itself in BootNotification, in any version."""

from ..model.station import StationIdentity
from .fields import text
from .rpc import Payload


def read_identity(payload: Payload) -> tuple[StationIdentity, str | None]:
    """Return identity and boot reason from a 1.6 (section 6.3) or 2.x (part 2, B01) payload."""
    inner = payload.get("chargingStation")
    if isinstance(inner, dict):
        modem = inner.get("modem")
        sim = modem if isinstance(modem, dict) else {}
        return (
            StationIdentity(
                vendor=text(inner, "vendorName"),
                model=text(inner, "model"),
                serial_number=text(inner, "serialNumber"),
                firmware_version=text(inner, "firmwareVersion"),
                iccid=text(sim, "iccid"),
                imsi=text(sim, "imsi"),
            ),
            text(payload, "reason"),
        )
    return (
        StationIdentity(
            vendor=text(payload, "chargePointVendor"),
            model=text(payload, "chargePointModel"),
            serial_number=text(payload, "chargePointSerialNumber")
            or text(payload, "chargeBoxSerialNumber"),
            firmware_version=text(payload, "firmwareVersion"),
            iccid=text(payload, "iccid"),
            imsi=text(payload, "imsi"),
            meter_type=text(payload, "meterType"),
            meter_serial_number=text(payload, "meterSerialNumber"),
        ),
        None,
    )
