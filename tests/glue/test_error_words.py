"""Every error of the house has words, and the words name only what the error knows."""

from collections.abc import Iterator
import json
from pathlib import Path
import string
from types import SimpleNamespace
from typing import Any

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

import custom_components.chargestead as integration
from custom_components.chargestead.csms.charging_profiles import V201, worded
from custom_components.chargestead.errors import ledger_errors, translated
from custom_components.chargestead.model.errors import (
    AuthorityError,
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    FieldNeededError,
    FieldNotSupportedError,
    FileRefusal,
    FileRefusedError,
    LedgerDamagedError,
    LedgerError,
    LedgerFullError,
    LedgerTooNewError,
    NoFirmwareError,
    NoSessionError,
    NotSupportedByVersionError,
    PasswordRefusedError,
    ProfileInvalidError,
    ProfileProblem,
    SessionRunningError,
    StationOfflineError,
    StationTimeoutError,
    UpdateRunningError,
)
from tests.csms.test_profile_checks import PROFILES

MESSAGES = json.loads(
    (Path(integration.__file__).parent / "translations/en.json").read_text(encoding="utf-8")
)["exceptions"]

ERRORS: list[tuple[ChargesteadError, str]] = [
    (AuthorityError("/pki/root.pem", "no key"), "authority_unusable"),
    (CallFailedError("CP", "Reset", "InternalError", "no idea"), "call_failed"),
    (ChargesteadError("whatever"), "command_failed"),
    (CommandRefusedError("CP", "Reset", "Rejected", {}), "command_refused"),
    (FieldNeededError("CP", "SendLocalList", "version"), "field_needed"),
    (FieldNotSupportedError("CP", "GetLog", "retries", "ocpp1.6"), "field_not_supported"),
    (LedgerError("locked"), "command_failed"),
    (LedgerFullError("disk full"), "command_failed"),
    (LedgerDamagedError("not a database"), "command_failed"),
    (LedgerTooNewError(9, 1), "command_failed"),
    (NoFirmwareError("CP"), "no_firmware"),
    (NoSessionError("CP", None), "no_session"),
    (NoSessionError("CP", 2), "no_session_on_connector"),
    (NotSupportedByVersionError("CP", "restart when idle", "ocpp1.6"), "not_supported_by_version"),
    (PasswordRefusedError("CP", "rejected"), "password_rejected"),
    (PasswordRefusedError("CP", "unsupported"), "password_not_supported"),
    (PasswordRefusedError("CP", "pending"), "password_pending"),
    (SessionRunningError("CP"), "session_running"),
    (StationOfflineError("CP"), "station_offline"),
    (StationTimeoutError("CP", "Reset", 30), "station_timeout"),
    (UpdateRunningError("CP"), "update_running"),
]
IN_THE_WAY = {
    FieldNeededError,
    FieldNotSupportedError,
    NoFirmwareError,
    NoSessionError,
    NotSupportedByVersionError,
    ProfileInvalidError,
    SessionRunningError,
    UpdateRunningError,
}
"""What the person who asks can do something about."""


def kinds(root: type[ChargesteadError]) -> Iterator[type[ChargesteadError]]:
    """Give a kind of error and all that are of its kind."""
    yield root
    for kind in root.__subclasses__():
        if kind.__module__ == root.__module__:
            yield from kinds(kind)


def shown(error: ChargesteadError) -> HomeAssistantError:
    """Return what is shown of an error, whose words can be written with what it knows."""
    found = translated(error, "Garage")
    message = MESSAGES[found.translation_key]["message"]
    assert found.translation_placeholders is not None
    told = message.format(**found.translation_placeholders)
    assert "Garage" in told
    named = {field for _, field, _, _ in string.Formatter().parse(message) if field}
    assert named <= set(found.translation_placeholders)
    return found


def test_there_is_an_example_of_each_error() -> None:
    told_apart = {type(error) for error, _ in ERRORS} | {FileRefusedError, ProfileInvalidError}
    assert set(kinds(ChargesteadError)) == told_apart


@pytest.mark.parametrize(("error", "key"), ERRORS, ids=lambda item: str(item)[:40])
def test_each_error_has_words_of_its_own(error: ChargesteadError, key: str) -> None:
    found = shown(error)
    assert found.translation_key == key
    mendable = type(error) in IN_THE_WAY
    assert isinstance(found, ServiceValidationError) is mendable


@pytest.mark.parametrize("reason", FileRefusal)
def test_each_reason_not_to_take_a_file_has_words(reason: FileRefusal) -> None:
    key = shown(FileRefusedError(reason, "as the system says")).translation_key
    plain = {FileRefusal.BUSY, FileRefusal.GONE, FileRefusal.SLOW, FileRefusal.UNREADABLE}
    assert key == ("file_refused" if reason in plain else f"file_{reason}")


def test_each_problem_of_a_charging_profile_has_words_with_what_is_told_of_it() -> None:
    station: Any = SimpleNamespace(station_id="CP")
    seen = set()
    for profile, problem, _ in PROFILES:
        with pytest.raises(ProfileInvalidError) as error:
            worded(station, profile, V201)
        assert shown(error.value).translation_key == f"profile_{problem}"
        seen.add(problem)
    assert seen == set(ProfileProblem)


def test_a_ledger_that_cannot_be_read_is_told_with_its_reason() -> None:
    with pytest.raises(HomeAssistantError) as error, ledger_errors():
        raise LedgerFullError("disk full")
    assert error.value.translation_key == "ledger_unusable"
    assert error.value.translation_placeholders == {"reason": "disk full"}
