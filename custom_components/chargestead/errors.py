"""From errors of the domain to errors a person can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .model.errors import (
    AuthorityError,
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    FieldNeededError,
    FieldNotSupportedError,
    FileRefusal,
    FileRefusedError,
    LedgerError,
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

_MENDABLE: Final = (
    FieldNeededError,
    NoFirmwareError,
    NoSessionError,
    NotSupportedByVersionError,
    ProfileInvalidError,
    SessionRunningError,
    UpdateRunningError,
)


@contextmanager
def translated_errors(station: str) -> Iterator[None]:
    """Turn what goes wrong inside into a translated error that names the station."""
    try:
        yield
    except ChargesteadError as error:
        raise translated(error, station) from error


@contextmanager
def ledger_errors() -> Iterator[None]:
    """Turn a ledger that cannot read or write into a translated error."""
    try:
        yield
    except LedgerError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="ledger_unusable",
            translation_placeholders={"reason": str(error)},
        ) from error


def translated(error: ChargesteadError, station: str) -> HomeAssistantError:
    """Return the error to show for a failure at the station of that name."""
    if isinstance(error, ProfileInvalidError):
        key, placeholders = _profile_wording(error)
    elif isinstance(error, FileRefusedError):
        key, placeholders = _file_wording(error.reason, error.detail)
    elif (plain := _plain_wording(error)) is not None:
        key, placeholders = plain, {}
    else:
        key, placeholders = _wording(error)
    kind = ServiceValidationError if isinstance(error, _MENDABLE) else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"station": station, **placeholders},
    )


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return an error that the caller can mend."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


def _plain_wording(error: ChargesteadError) -> str | None:
    match error:
        case NoFirmwareError():
            return "no_firmware"
        case SessionRunningError():
            return "session_running"
        case StationOfflineError():
            return "station_offline"
        case UpdateRunningError():
            return "update_running"
    return None


def _wording(  # noqa: C901 - a table
    error: ChargesteadError,
) -> tuple[str, dict[str, str]]:
    key, placeholders = "command_failed", {"error": str(error)}
    match error:
        case StationTimeoutError(action=action, seconds=seconds):
            key, placeholders = "station_timeout", {"action": action, "seconds": f"{seconds:g}"}
        case CallFailedError(action=action, code=code, description=description):
            key = "call_failed"
            placeholders = {"action": action, "code": code, "description": description}
        case CommandRefusedError(action=action, status=status):
            key, placeholders = "command_refused", {"action": action, "status": status}
        case PasswordRefusedError(reason="unsupported"):
            key, placeholders = "password_not_supported", {}
        case PasswordRefusedError(reason="pending"):
            key, placeholders = "password_pending", {}
        case PasswordRefusedError():
            key, placeholders = "password_rejected", {}
        case AuthorityError(reason=reason):
            key, placeholders = "authority_unusable", {"reason": reason}
        case FieldNotSupportedError(action=action, field=field, version=version):
            key = "field_not_supported"
            placeholders = {"action": action, "field": field, "version": version}
        case FieldNeededError(action=action, field=field):
            key, placeholders = "field_needed", {"action": action, "field": field}
        case NotSupportedByVersionError(command=command, version=version):
            key, placeholders = "not_supported_by_version", {"command": command, "version": version}
        case NoSessionError(connector_id=connector_id):
            key, placeholders = "no_session", {}
            if connector_id is not None:
                key, placeholders = "no_session_on_connector", {"connector": str(connector_id)}
    return key, placeholders


def _profile_wording(error: ProfileInvalidError) -> tuple[str, dict[str, str]]:
    keys = {
        ProfileProblem.FIELD_MISSING: "profile_field_missing",
        ProfileProblem.FIELD_INVALID: "profile_field_invalid",
        ProfileProblem.NO_PERIODS: "profile_no_periods",
        ProfileProblem.TOO_MANY_PERIODS: "profile_too_many_periods",
        ProfileProblem.TOO_MANY_SCHEDULES: "profile_too_many_schedules",
        ProfileProblem.LATE_START: "profile_late_start",
        ProfileProblem.OVERLAP: "profile_overlap",
        ProfileProblem.NEGATIVE_LIMIT: "profile_negative_limit",
        ProfileProblem.NEVER_VALID: "profile_never_valid",
        ProfileProblem.WORD_UNKNOWN: "profile_word_unknown",
        ProfileProblem.NOT_OURS: "profile_not_ours",
        ProfileProblem.RELATIVE_MAXIMUM: "profile_relative_maximum",
        ProfileProblem.PHASE_WITHOUT_ONE: "profile_phase_without_one",
    }
    return keys[error.problem], error.told


def _file_wording(reason: FileRefusal, detail: str) -> tuple[str, dict[str, str]]:
    key, placeholders = "file_refused", {"reason": f"{reason} {detail}".rstrip()}
    match reason:
        case FileRefusal.DISK_FAILED:
            key, placeholders = "file_disk_failed", {"reason": detail}
        case FileRefusal.DISK_FULL:
            key, placeholders = "file_disk_full", {}
        case FileRefusal.EMPTY:
            key, placeholders = "file_empty", {}
        case FileRefusal.NO_PORT:
            key, placeholders = "file_no_port", {}
        case FileRefusal.NOT_FOUND:
            key, placeholders = "file_not_found", {}
        case FileRefusal.TOO_LARGE:
            key, placeholders = "file_too_large", {}
        case FileRefusal.TOO_MANY:
            key, placeholders = "file_too_many", {}
        case FileRefusal.UNREACHABLE:
            key, placeholders = "file_unreachable", {"reason": detail}
        case FileRefusal.WEB_PAGE:
            key, placeholders = "file_web_page", {}
    return key, placeholders
