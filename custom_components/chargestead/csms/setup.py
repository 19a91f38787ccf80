"""Getting to know a station: once on first sight, and again after a firmware change."""

from collections.abc import Mapping
import logging
from typing import Final, Protocol

from ..model.commands import Command, CommandResult, GetConfiguration, SetConfiguration
from ..model.errors import CallFailedError, CommandRefusedError, StationTimeoutError
from ..model.station import ConfigurationValue, OcppVersion, StationIdentity
from .bounds import Bounds

_LOGGER = logging.getLogger(__name__)

WANTED_MEASURANDS: Final = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "Current.Offered",
    "SoC",
    "Temperature",
)

_MEASURANDS: Final[Mapping[str, tuple[str, ...]]] = {"MeterValuesSampledData": WANTED_MEASURANDS}

_NEEDED_KEYS: Final = (
    "NumberOfConnectors",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "SupportedFeatureProfiles",
)
_EVERY_STATION_HAS: Final = (
    "NumberOfConnectors",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
)
_SLOWER_INTERVALS: Final = (30, 60)


class Station(Protocol):
    """What is asked while getting to know a station."""

    station_id: str

    async def command(self, command: Command) -> CommandResult:
        """Send a command."""


def firmware_key(identity: StationIdentity, version: OcppVersion = OcppVersion.V16) -> str:
    """Return what must change for a station to be got to know again."""
    parts = [identity.vendor, identity.model, identity.firmware_version]
    if version is not OcppVersion.V16:
        parts.append(version.value)
    return "|".join(part or "" for part in parts)


async def read_configuration(station: Station) -> dict[str, ConfigurationValue]:
    """Return all keys; where "all" leaves out what every station has, the needed ones are asked by name.

    Raises StationTimeoutError where the station answers neither.
    """
    configuration: dict[str, ConfigurationValue] = {}
    late: StationTimeoutError | None = None
    for keys in ((), _NEEDED_KEYS):
        try:
            result = await station.command(GetConfiguration(keys=keys))
        except StationTimeoutError as err:
            late = err
            continue
        except CallFailedError as err:
            _LOGGER.debug("%s gives no configuration: %s", station.station_id, err)
            late = None
            continue
        late = None
        configuration |= configuration_of(result.answer)
        if all(key in configuration for key in _EVERY_STATION_HAS):
            break
    if late is not None and not configuration:
        raise late
    return configuration


def configuration_of(answer: Mapping[str, object]) -> dict[str, ConfigurationValue]:
    """Return the keys of a GetConfiguration answer under their standard spelling (OCPP 1.6 section 6.24)."""
    result: dict[str, ConfigurationValue] = {}
    entries = answer.get("configurationKey")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("key"), str):
            continue
        key = _bare(str(entry["key"]))
        value = entry.get("value")
        result[_STANDARD.get(key.lower(), key)] = ConfigurationValue(
            value=None if value is None else _bare(_text(value)),
            readonly=_text(entry.get("readonly")).strip().lower() == "true",
        )
    return result


def _bare(text: str) -> str:
    return text.strip().strip('"').strip()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_STANDARD: Final = {key.lower(): key for key in _NEEDED_KEYS} | {
    key.lower(): key
    for key in (
        "MeterValuesSampledDataMaxLength",
        "MeterValuesAlignedData",
        "ClockAlignedDataInterval",
        "HeartbeatInterval",
        "WebSocketPingInterval",
        "MaxChargingProfilesInstalled",
        "ConnectorSwitch3to1PhaseSupported",
        "AuthorizationKey",
    )
}


def number_of_connectors(
    configuration: Mapping[str, ConfigurationValue], bounds: Bounds
) -> int | None:
    """Return how many connectors a station says it has; None for nonsense."""
    number = whole_number(configuration.get("NumberOfConnectors"))
    return number if 1 <= number <= bounds.connectors else None


async def write_differences(
    station: Station,
    configuration: Mapping[str, ConfigurationValue],
    meter_interval_s: int,
    measurands: Mapping[str, tuple[str, ...]] = _MEASURANDS,
) -> None:
    """Write only what differs from what metering needs; raises StationTimeoutError at the first silence."""
    await _write_interval(station, configuration, meter_interval_s)
    for key, wanted in measurands.items():
        await _write_measurands(station, configuration, key, wanted)


async def _write_interval(
    station: Station, configuration: Mapping[str, ConfigurationValue], meter_interval_s: int
) -> None:
    """Ask for our interval, else for a slower one that is still better than what there is."""
    key = "MeterValueSampleInterval"
    entry = configuration.get(key)
    if entry is None or entry.readonly:
        return
    present = whole_number(entry)
    if present == meter_interval_s:
        return
    slower = [
        seconds
        for seconds in _SLOWER_INTERVALS
        if seconds > meter_interval_s and not 0 < present <= seconds
    ]
    for seconds in (meter_interval_s, *slower):
        if await _write(station, key, str(seconds)):
            return


async def _write_measurands(
    station: Station,
    configuration: Mapping[str, ConfigurationValue],
    key: str,
    wanted: tuple[str, ...],
) -> None:
    """Ask for the measurands that are missing: all at once, else one more at a time.

    The list the station has stays in force until it takes a longer one, so that it is never left with less.
    """
    entry = configuration.get(key)
    if entry is None or entry.readonly:
        return
    present = [name.strip() for name in (entry.value or "").split(",") if name.strip()]
    missing = [
        name
        for name in wanted
        if not _has(present, name) and (not entry.choices or _has(list(entry.choices), name))
    ]
    most = whole_number(configuration.get(f"{key}MaxLength"))
    if most > 0:
        missing = missing[: max(0, most - len(present))]
    if not missing or await _write(station, key, ",".join(present + missing)):
        return
    accepted = list(present)
    for name in missing if len(missing) > 1 else []:
        if await _write(station, key, ",".join([*accepted, name])):
            accepted.append(name)


def _has(present: list[str], measurand: str) -> bool:
    """Tell whether a list has a measurand, in whatever case, whole or by phases (`Voltage.L1-N`)."""
    name = measurand.lower()
    return any(item.lower() == name or item.lower().startswith(f"{name}.l") for item in present)


def whole_number(entry: ConfigurationValue | None) -> int:
    """Return a value as a whole number, 0 where it is none."""
    try:
        return int((entry.value or "").strip()) if entry is not None else 0
    except ValueError:
        return 0


async def _write(station: Station, key: str, value: str) -> bool:
    try:
        await station.command(SetConfiguration(key=key, value=value))
    except CommandRefusedError, CallFailedError:
        return False
    return True
