"""What can go wrong when the house asks something of a charging station.

Each error is one that a person can understand; the glue translates it by its class, so the text here is for logs.
"""

from collections.abc import Mapping
from enum import StrEnum


class ChargesteadError(Exception):
    """Root of all errors that cross a floor."""


class StationOfflineError(ChargesteadError):
    """The charging station is not connected."""

    def __init__(self, station_id: str) -> None:
        """Name the station."""
        super().__init__(f"{station_id} is not connected")
        self.station_id = station_id


class StationTimeoutError(ChargesteadError):
    """The charging station did not answer in time."""

    def __init__(self, station_id: str, action: str, seconds: float) -> None:
        """Name the station, the request and the time it was given, in seconds."""
        super().__init__(f"{station_id} did not answer {action} within {seconds:g} s")
        self.station_id = station_id
        self.action = action
        self.seconds = seconds


class CallFailedError(ChargesteadError):
    """The charging station answered a request with a CALLERROR (OCPP-J 1.6, section 4.2.3)."""

    def __init__(
        self, station_id: str, action: str, code: str, description: str, details: object = None
    ) -> None:
        """Keep the error code, description and details as the station sent them."""
        super().__init__(f"{station_id} failed {action}: {code} {description}".rstrip())
        self.station_id = station_id
        self.action = action
        self.code = code
        self.description = description
        self.details = details


class CommandRefusedError(ChargesteadError):
    """The charging station understood a request and refused it."""

    def __init__(
        self, station_id: str, action: str, status: str, answer: Mapping[str, object]
    ) -> None:
        """Keep the status and the whole answer as the station sent them."""
        super().__init__(f"{station_id} answered {action} with {status}")
        self.station_id = station_id
        self.action = action
        self.status = status
        self.answer = answer


class NotSupportedByVersionError(ChargesteadError):
    """The OCPP version this station speaks has no such message."""

    def __init__(self, station_id: str, command: str, version: str) -> None:
        """Name the command and the version."""
        super().__init__(f"{station_id} speaks {version}, which has no {command}")
        self.station_id = station_id
        self.command = command
        self.version = version


class FieldNotSupportedError(NotSupportedByVersionError):
    """The message of the OCPP version this station speaks cannot say all that was asked for."""

    def __init__(self, station_id: str, action: str, field: str, version: str) -> None:
        """Name the message, what it cannot say as actions call it, and the version."""
        super().__init__(station_id, f"{field} in {action}", version)
        self.action = action
        self.field = field


class FieldNeededError(ChargesteadError):
    """A request of the OCPP version this station speaks cannot do without something that was left out."""

    def __init__(self, station_id: str, action: str, field: str) -> None:
        """Name the message and what it needs, as actions call it."""
        super().__init__(f"{action} to {station_id} needs {field}")
        self.station_id = station_id
        self.action = action
        self.field = field


class NoSessionError(ChargesteadError):
    """A session was to be stopped or steered where none is running and none was named."""

    def __init__(self, station_id: str, connector_id: int | None) -> None:
        """Name the station and, where one was asked for, the connector."""
        super().__init__(f"no session on {station_id} connector {connector_id}")
        self.station_id = station_id
        self.connector_id = connector_id


class ProfileProblem(StrEnum):
    """What is wrong with a charging profile that no station could carry out."""

    FIELD_MISSING = "field_missing"
    FIELD_INVALID = "field_invalid"
    NO_PERIODS = "no_periods"
    TOO_MANY_PERIODS = "too_many_periods"
    TOO_MANY_SCHEDULES = "too_many_schedules"
    LATE_START = "late_start"
    OVERLAP = "overlap"
    NEGATIVE_LIMIT = "negative_limit"
    NEVER_VALID = "never_valid"
    WORD_UNKNOWN = "word_unknown"
    NOT_OURS = "not_ours"
    RELATIVE_MAXIMUM = "relative_maximum"
    PHASE_WITHOUT_ONE = "phase_without_one"


class ProfileInvalidError(ChargesteadError):
    """A charging profile is not one, so that it was not sent."""

    def __init__(self, station_id: str, problem: ProfileProblem, **told: str) -> None:
        """Name what is wrong; `told` says where and what, as text."""
        details = ", ".join(f"{key} {value}" for key, value in told.items())
        super().__init__(f"charging profile for {station_id}: {problem} {details}".rstrip())
        self.station_id = station_id
        self.problem = problem
        self.told = told


class PasswordRefusedError(ChargesteadError):
    """The charging station does not take a new password; its old one still holds."""

    def __init__(self, station_id: str, reason: str) -> None:
        """Keep why: `rejected`, `unsupported`, or `pending` while too many earlier ones may still come into force."""
        super().__init__(f"{station_id} does not take a new password: {reason}")
        self.station_id = station_id
        self.reason = reason


class AuthorityError(ChargesteadError):
    """The certificate authority of the house cannot be used."""

    def __init__(self, path: str, reason: str) -> None:
        """Keep the file that is at fault, and why."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class NoFirmwareError(ChargesteadError):
    """There is no firmware to install, or no installation to give up."""

    def __init__(self, station_id: str) -> None:
        """Name the station."""
        super().__init__(f"no firmware for {station_id}")
        self.station_id = station_id


class UpdateRunningError(ChargesteadError):
    """The charging station installs firmware already."""

    def __init__(self, station_id: str) -> None:
        """Name the station."""
        super().__init__(f"{station_id} installs firmware already")
        self.station_id = station_id


class SessionRunningError(ChargesteadError):
    """The charging station charges, which is no time for what was asked for."""

    def __init__(self, station_id: str) -> None:
        """Name the station."""
        super().__init__(f"a session is running at {station_id}")
        self.station_id = station_id


class FileRefusal(StrEnum):
    """Why a file was not taken or given."""

    BUSY = "busy"
    DISK_FAILED = "disk_failed"
    DISK_FULL = "disk_full"
    EMPTY = "empty"
    GONE = "gone"
    NO_PORT = "no_port"
    NOT_FOUND = "not_found"
    SLOW = "slow"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"
    WEB_PAGE = "web_page"


class FileRefusedError(ChargesteadError):
    """A file was not taken or given."""

    def __init__(self, reason: FileRefusal, detail: str = "") -> None:
        """Keep the reason, and what the system said of it."""
        super().__init__(f"{reason} {detail}".rstrip())
        self.reason = reason
        self.detail = detail


class LedgerError(ChargesteadError):
    """The ledger could not keep something."""


class LedgerFullError(LedgerError):
    """The disk that holds the ledger is full."""


class LedgerDamagedError(LedgerError):
    """The ledger file is not a sound database.

    `set_aside` is the path it was moved to, None where it still lies in its place.
    """

    def __init__(self, reason: str, set_aside: str | None = None) -> None:
        """Keep the reason the database gave and where the damaged file is now."""
        super().__init__(reason if set_aside is None else f"{reason} (set aside as {set_aside})")
        self.reason = reason
        self.set_aside = set_aside


class LedgerTooNewError(LedgerError):
    """The ledger was written by a later version of Chargestead."""

    def __init__(self, found: int, known: int) -> None:
        """Keep both schema versions."""
        super().__init__(f"ledger schema {found} is newer than {known}")
        self.found = found
        self.known = known
