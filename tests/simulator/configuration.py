"""The configuration keys of a station (OCPP 1.6 section 9, security whitepaper section 7)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from .personality import ALL_MEASURANDS, Personality
from .schedule import Json

type Check = Callable[[str], bool]

MAX_VALUE_LENGTH: Final = 500
MEASURAND_KEYS: Final = (
    "MeterValuesSampledData",
    "MeterValuesAlignedData",
    "StopTxnSampledData",
    "StopTxnAlignedData",
)
WRITE_ONLY: Final = frozenset({"AuthorizationKey"})


def _is_natural(text: str) -> bool:
    return text.isdecimal()


def _is_flag(text: str) -> bool:
    return text.lower() in {"true", "false"}


def _is_text(text: str) -> bool:
    return len(text) <= MAX_VALUE_LENGTH


def _is_password(text: str) -> bool:
    return 16 <= len(text) <= 40


@dataclass(slots=True)
class Key:
    """One configuration key."""

    name: str
    value: str
    check: Check
    read_only: bool = False


NUMBERS: Final = {
    "ClockAlignedDataInterval": "0",
    "ConnectionTimeOut": "60",
    "HeartbeatInterval": "300",
    "MessageTimeout": "30",
    "MeterValueSampleInterval": "60",
    "MinimumStatusDuration": "0",
    "ResetRetries": "1",
    "SecurityProfile": "0",
    "TransactionMessageAttempts": "3",
    "TransactionMessageRetryInterval": "30",
    "WebSocketPingInterval": "0",
}
FLAGS: Final = {
    "AllowOfflineTxForUnknownId": "true",
    "AuthorizationCacheEnabled": "true",
    "AuthorizeRemoteTxRequests": "false",
    "LocalAuthListEnabled": "true",
    "LocalAuthorizeOffline": "true",
    "LocalPreAuthorize": "false",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTransactionOnInvalidId": "true",
    "UnlockConnectorOnEVSideDisconnect": "true",
}
TEXTS: Final = {
    "ConnectorPhaseRotation": "0.RST,1.RST",
    "CpoName": "",
    "MeterValuesAlignedData": "Energy.Active.Import.Register",
    "MeterValuesSampledData": "Energy.Active.Import.Register",
    "StopTxnAlignedData": "",
    "StopTxnSampledData": "",
}
FIXED: Final = {
    "AdditionalRootCertificateCheck": "false",
    "CertificateSignedMaxChainSize": "10000",
    "CertificateStoreMaxLength": "5",
    "ChargingScheduleMaxPeriods": "24",
    "GetConfigurationMaxKeys": "100",
    "LocalAuthListMaxLength": "500",
    "MaxChargingProfilesInstalled": "16",
    "ReserveConnectorZeroSupported": "true",
    "SendLocalListMaxLength": "100",
    "SupportedFileTransferProtocols": "HTTP,HTTPS",
}


class Configuration:
    """Keys with values, types and manners."""

    def __init__(
        self,
        *,
        personality: Personality,
        connectors: int,
        overrides: Mapping[str, str],
    ) -> None:
        """Fill in the factory settings, then the overrides."""
        self._personality = personality
        self._keys: dict[str, Key] = {}
        self.on_change: Callable[[str], None] = lambda _: None
        for name, value in NUMBERS.items():
            self._add(Key(name, value, _is_natural))
        for name, value in FLAGS.items():
            self._add(Key(name, value, _is_flag))
        for name, value in TEXTS.items():
            self._add(Key(name, value, _is_text))
        for name, value in (FIXED | self._facts(connectors)).items():
            self._add(Key(name, value, _is_text, read_only=True))
        self._add(Key("AuthorizationKey", "", _is_password))
        for name in personality.omits_keys:
            self._keys.pop(name.lower(), None)
        for name, value in overrides.items():
            known = self._keys.get(name.lower())
            if known is None:
                self._add(Key(name, value, _is_text))
            else:
                known.value = value
        for name in personality.read_only_keys:
            if name.lower() in self._keys:
                self._keys[name.lower()].read_only = True

    def text(self, name: str, default: str = "") -> str:
        """Return a value as text."""
        key = self._keys.get(name.lower())
        return default if key is None else key.value

    def number(self, name: str) -> int:
        """Return a value as a whole number, 0 when it is none."""
        text = self.text(name)
        return int(text) if _is_natural(text) else 0

    def flag(self, name: str) -> bool:
        """Return a value as a yes or no."""
        return self.text(name).strip().lower() == "true"

    def items(self, name: str) -> list[str]:
        """Return a comma-separated value as a list."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def assign(self, name: str, value: str) -> None:
        """Set a value from inside the station, whatever the manners."""
        key = self._keys.get(name.lower())
        if key is not None:
            key.value = value
            self.on_change(key.name)

    def change(self, name: str, value: str) -> str:
        """Answer a ChangeConfiguration: a ConfigurationStatus."""
        key = self._keys.get(name.lower())
        if key is None:
            return "NotSupported"
        if key.read_only or not key.check(value):
            return "Rejected"
        if key.name in MEASURAND_KEYS:
            accepted = self._measurands(value)
            if accepted is None:
                return "Rejected"
            value = accepted
        if key.name == "SecurityProfile" and int(value) < int(key.value):
            return "Rejected"
        key.value = value
        self.on_change(key.name)
        return "Accepted"

    def listing(self, names: Iterable[str]) -> Json:
        """Answer a GetConfiguration: the known keys and the unknown ones."""
        asked = list(names)
        answer: Json = {}
        if asked:
            found = [
                self._keys[name.lower()]
                for name in asked
                if name.lower() in self._keys and name not in WRITE_ONLY
            ]
            unknown = [n for n in asked if n.lower() not in self._keys]
            if unknown:
                answer["unknownKey"] = unknown
        else:
            found = [k for k in self._keys.values() if k.name not in WRITE_ONLY]
            found = found[: self._personality.truncated_configuration]
        answer["configurationKey"] = [self._shown(key) for key in found]
        return answer

    def dump(self) -> dict[str, str]:
        """Return what is kept in flash memory."""
        return {key.name: key.value for key in self._keys.values() if not key.read_only}

    def load(self, values: Mapping[str, str]) -> None:
        """Take over what was kept in flash memory."""
        for name, value in values.items():
            key = self._keys.get(name.lower())
            if key is None:
                self._add(Key(name, value, _is_text))
            elif not key.read_only:
                key.value = value

    def _facts(self, connectors: int) -> dict[str, str]:
        personality = self._personality
        profiles = ["Core", "FirmwareManagement", "LocalAuthListManagement"]
        profiles.append("Reservation")
        if personality.smart_charging and personality.advertises_smart_charging:
            profiles.append("SmartCharging")
        if personality.remote_trigger:
            profiles.append("RemoteTrigger")
        facts = {
            "NumberOfConnectors": str(connectors),
            "SupportedFeatureProfiles": ",".join(profiles),
            "ConnectorSwitch3to1PhaseSupported": str(personality.switches_phases).lower(),
            "ChargeProfileMaxStackLevel": str(
                8 if personality.stack_level_max is None else personality.stack_level_max
            ),
            "ChargingScheduleAllowedChargingRateUnit": personality.units_key
            or ",".join({"A": "Current", "W": "Power"}[u] for u in personality.units),
        }
        if personality.measurand_list_max is not None:
            length = str(personality.measurand_list_max)
            facts |= {f"{name}MaxLength": length for name in MEASURAND_KEYS}
        return facts

    def _measurands(self, value: str) -> str | None:
        """Return the list as it is taken over, None if it is not."""
        personality = self._personality
        wanted = [item.strip() for item in value.split(",") if item.strip()]
        maximum = personality.measurand_list_max
        if maximum is not None and len(wanted) > maximum:
            return None
        if personality.rejects_measurand_lists and len(wanted) > 1:
            return None
        supported = [item for item in wanted if self._supports(item)]
        if personality.drops_unknown_measurands:
            return ",".join(supported)
        if len(supported) < len(wanted):
            return None
        return ",".join(wanted)

    def _supports(self, measurand: str) -> bool:
        known = self._personality.measurands
        if measurand in known:
            return True
        base, _, phase = measurand.rpartition(".")
        return base in known and base in ALL_MEASURANDS and phase.startswith(("L", "N"))

    def _shown(self, key: Key) -> Json:
        name, value = key.name, key.value
        if self._personality.lower_case_keys:
            name = name.lower()
        if self._personality.padded_values:
            value = f' "{value.replace(",", ", ")}" '
        return {"key": name, "readonly": key.read_only, "value": value}

    def _add(self, key: Key) -> None:
        self._keys[key.name.lower()] = key
