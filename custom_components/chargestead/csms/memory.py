"""The small things about a station that outlive a restart."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Final, Self

from ..model.driver import TokenType
from ..model.station import UNKNOWN_IDENTITY, StationIdentity

_LISTED: Final = 4


@dataclass(slots=True, kw_only=True)
class Memory:
    """What was learned of a station; `configured_firmware` is the one its configuration was read for.

    `monitored_firmware` is the one its monitors were set for.
    `aligned` is what became of the wish for readings by the clock.
    `lowered` are the connectors that were left with less than what is wanted, on the way to a stop.
    `local_list_version` is what it told or took last, None while unknown; `last_local_list_version` the largest used.
    `passwords` is what becomes of a new password, `certificate` what was issued last.
    `firmware` is what is offered and the update that runs or was the last.
    `local_list` is what was put on its list (type, status, expiry and group by token) with version `local_list_kept`.
    """

    identity: StationIdentity = UNKNOWN_IDENTITY
    version: str | None = None
    connectors: int = 1
    configured_firmware: str | None = None
    monitored_firmware: str | None = None
    configuration: dict[str, list[object]] = field(default_factory=dict)
    limits: dict[str, list[object]] = field(default_factory=dict)
    limit_form: dict[str, object] | None = None
    boots_when_asked: bool = False
    operative: dict[str, bool] = field(default_factory=dict)
    aligned: dict[str, object] | None = None
    reservations: list[dict[str, object]] = field(default_factory=list)
    last_reservation_id: int = 0
    local_list_version: int | None = None
    last_local_list_version: int = 0
    profiles: list[dict[str, object]] = field(default_factory=list)
    passwords: dict[str, object] | None = None
    certificate: dict[str, object] | None = None
    monitors: list[list[object]] = field(default_factory=list)
    external_limits: list[dict[str, object]] = field(default_factory=list)
    lowered: list[int] = field(default_factory=list)
    local_list: dict[str, list[str | None]] | None = None
    local_list_kept: int | None = None
    firmware: dict[str, object] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return JSON-like content."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Self:
        """Read what `as_dict` wrote; anything of another shape is left at its default."""
        memory = cls(identity=_identity(content.get("identity")))
        for name, fits in _MAPPINGS.items():
            setattr(memory, name, _only(content.get(name), fits))
        for name in ("limit_form", "aligned", "passwords", "certificate", "firmware"):
            part = content.get(name)
            setattr(memory, name, part if isinstance(part, dict) else None)
        memory.boots_when_asked = content.get("boots_when_asked") is True
        memory.reservations = _items(content.get("reservations"), dict)
        memory.lowered = _items(content.get("lowered"), int)
        memory.external_limits = _items(content.get("external_limits"), dict)
        memory.monitors = _items(content.get("monitors"), list)
        memory.profiles = [
            item
            for item in _items(content.get("profiles"), dict)
            if isinstance(item.get("profile"), dict) and isinstance(item.get("connector_id"), int)
        ]
        for name in _NUMBERS:
            number = content.get(name)
            if isinstance(number, int) and not isinstance(number, bool):
                setattr(memory, name, number)
        if isinstance(content.get("local_list"), Mapping):
            memory.local_list = _only(content["local_list"], _is_listed)
        for name in ("version", "configured_firmware", "monitored_firmware"):
            value = content.get(name)
            if isinstance(value, str):
                setattr(memory, name, value)
        memory.connectors = max(1, memory.connectors)
        return memory


def _identity(content: object) -> StationIdentity:
    names = {item.name for item in fields(StationIdentity)}
    told: dict[str, str | None] = _only(content, lambda value: isinstance(value, str | None))
    return StationIdentity(**{key: value for key, value in told.items() if key in names})


def _only[T](content: object, fits: Callable[[object], bool]) -> dict[str, T]:
    """Return the items of a mapping whose value has the right shape."""
    if not isinstance(content, Mapping):
        return {}
    return {str(key): value for key, value in content.items() if fits(value)}


def _items[T](content: object, kind: type[T]) -> list[T]:
    """Return the items of a list that are of one kind."""
    return [item for item in content if isinstance(item, kind)] if isinstance(content, list) else []


def _is_entry(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2


def _is_listed(value: object) -> bool:
    if not isinstance(value, list) or len(value) != _LISTED:
        return False
    return value[0] in set(TokenType) and all(isinstance(item, str | None) for item in value)


_NUMBERS: Final = (
    "connectors",
    "last_reservation_id",
    "local_list_version",
    "last_local_list_version",
    "local_list_kept",
)
_MAPPINGS: Final[Mapping[str, Callable[[object], bool]]] = {
    "configuration": _is_entry,
    "limits": lambda value: isinstance(value, list),
    "operative": lambda value: isinstance(value, bool),
}
