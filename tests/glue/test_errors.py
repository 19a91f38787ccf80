"""Errors as people read them."""

import json
from pathlib import Path
import string

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

import custom_components.chargestead as integration
from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.errors import translated_errors
from custom_components.chargestead.model.errors import (
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    LedgerFullError,
    NoSessionError,
    NotSupportedByVersionError,
    StationOfflineError,
    StationTimeoutError,
)

MESSAGES = json.loads(
    (Path(integration.__file__).parent / "translations/en.json").read_text(encoding="utf-8")
)["exceptions"]


@pytest.mark.parametrize(
    ("error", "kind", "key", "placeholders"),
    [
        (StationOfflineError("CP"), HomeAssistantError, "station_offline", {}),
        (
            StationTimeoutError("CP", "Reset", 30.0),
            HomeAssistantError,
            "station_timeout",
            {"action": "Reset", "seconds": "30"},
        ),
        (
            CallFailedError("CP", "Reset", "InternalError", "no idea"),
            HomeAssistantError,
            "call_failed",
            {"action": "Reset", "code": "InternalError", "description": "no idea"},
        ),
        (
            CommandRefusedError("CP", "Reset", "Rejected", {"status": "Rejected"}),
            HomeAssistantError,
            "command_refused",
            {"action": "Reset", "status": "Rejected"},
        ),
        (
            NotSupportedByVersionError("CP", "restart when idle", "ocpp1.6"),
            ServiceValidationError,
            "not_supported_by_version",
            {"command": "restart when idle", "version": "ocpp1.6"},
        ),
        (NoSessionError("CP", None), ServiceValidationError, "no_session", {}),
        (
            NoSessionError("CP", 2),
            ServiceValidationError,
            "no_session_on_connector",
            {"connector": "2"},
        ),
        (
            LedgerFullError("disk full"),
            HomeAssistantError,
            "command_failed",
            {"error": "disk full"},
        ),
    ],
)
def test_every_failure_has_words_that_name_the_station(
    error: ChargesteadError,
    kind: type[HomeAssistantError],
    key: str,
    placeholders: dict[str, str],
) -> None:
    with pytest.raises(HomeAssistantError) as shown, translated_errors("Garage"):
        raise error
    assert type(shown.value) is kind
    assert shown.value.__cause__ is error
    assert shown.value.translation_domain == DOMAIN
    assert shown.value.translation_key == key
    assert shown.value.translation_placeholders == {"station": "Garage", **placeholders}
    message = MESSAGES[key]["message"]
    wanted = {field for _, field, _, _ in string.Formatter().parse(message) if field}
    assert wanted == {"station", *placeholders}


def test_other_errors_are_not_dressed_up() -> None:
    with pytest.raises(KeyError), translated_errors("Garage"):
        raise KeyError
