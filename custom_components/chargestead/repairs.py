"""Repair issues: what only the person can mend."""

from collections.abc import Iterable, Iterator, Mapping
import ssl
from typing import Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry
from .fault_flow import FaultFixFlow, FaultOverFlow
from .fault_issues import ATTR_FAULT, async_fault_of
from .maintenance.faults import house_report
from .model.config import ServerConfig
from .model.errors import LedgerDamagedError, LedgerError, LedgerFullError
from .model.fault import FaultKind
from .tariffs import HouseTariffs
from .upkeep_repairs import MaintenanceRepairFlow

_PORT_IN_USE: Final = "port_in_use"
_CERTIFICATE_UNUSABLE: Final = "certificate_unusable"
_LEDGER_DAMAGED: Final = "ledger_damaged"

_TARIFF_UNUSABLE: Final = "tariff_unusable"
_STATION_TARIFF_GONE: Final = "station_tariff_gone"
_DEFAULT_TARIFF_GONE: Final = "default_tariff_gone"
_NO_TARIFF_LEFT: Final = "no_tariff_left"

_MAINTENANCE_OVERDUE: Final = "maintenance_overdue"

_SETUP: Final = (_PORT_IN_USE, _CERTIFICATE_UNUSABLE)
_TARIFFS: Final = (
    _TARIFF_UNUSABLE,
    _STATION_TARIFF_GONE,
    _DEFAULT_TARIFF_GONE,
    _NO_TARIFF_LEFT,
)
_WRITING: Final = frozenset({FaultKind.LEDGER_FULL, FaultKind.LEDGER_UNWRITABLE})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Mend a fault, tell that a task is done, or let the person acknowledge what happened."""
    if issue_id.startswith(_MAINTENANCE_OVERDUE):
        return MaintenanceRepairFlow()
    if data is None or ATTR_FAULT not in data:
        return ConfirmRepairFlow()
    found = async_fault_of(hass, data)
    return FaultOverFlow() if found is None else FaultFixFlow(*found)


@callback
def async_report_setup_failure(
    hass: HomeAssistant, server: ServerConfig, err: OSError
) -> ConfigEntryNotReady:
    """Tell why stations cannot dial in, and return the error to raise."""
    key = _CERTIFICATE_UNUSABLE if isinstance(err, ssl.SSLError) else _PORT_IN_USE
    placeholders = {"port": str(server.port), "reason": str(err)}
    _create(hass, key, placeholders)
    _forget(hass, (other for other in _SETUP if other != key))
    return ConfigEntryNotReady(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


@callback
def async_clear_setup_issues(hass: HomeAssistant) -> None:
    """Forget what kept the entry from being set up."""
    _forget(hass, _SETUP)


@callback
def async_clear_all_issues(hass: HomeAssistant) -> None:
    """Forget everything."""
    _forget(hass, (*_SETUP, _LEDGER_DAMAGED))


@callback
def async_report_damaged_ledger(hass: HomeAssistant, err: LedgerDamagedError) -> None:
    """Tell where the damaged ledger was set aside, until the person has taken note."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _LEDGER_DAMAGED,
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.CRITICAL,
        translation_key=_LEDGER_DAMAGED,
        translation_placeholders={"path": err.set_aside or "-", "reason": err.reason},
    )


@callback
def async_watch_ledger(entry: ChargesteadConfigEntry) -> None:
    """Tell when the ledger cannot be written, and when it can again."""
    faults = entry.runtime_data.site.faults

    def failed(err: LedgerError) -> None:
        full = isinstance(err, LedgerFullError)
        kind = FaultKind.LEDGER_FULL if full else FaultKind.LEDGER_UNWRITABLE
        for other in _WRITING - {kind}:
            faults.over(None, house_report(other).key)
        faults.report(None, house_report(kind, str(err)))

    def is_over() -> None:
        for kind in _WRITING:
            faults.over(None, house_report(kind).key)

    ledger = entry.runtime_data.ledger
    ledger.on_error = failed
    ledger.on_recovered = is_over


@callback
def async_report_tariffs(hass: HomeAssistant, tariffs: HouseTariffs | None) -> None:
    """Tell which tariffs cannot be used, and where one is gone; None forgets all of that."""
    _report(hass, _TARIFFS, {} if tariffs is None else dict(_tariff_issues(tariffs)))


def _report(
    hass: HomeAssistant, kinds: tuple[str, ...], found: Mapping[str, tuple[str, dict[str, str]]]
) -> None:
    """Show what was found of some kinds, and nothing else of them any more."""
    for domain, issue_id in tuple(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(kinds) and issue_id not in found:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, (key, placeholders) in found.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders=placeholders,
        )


@callback
def async_report_maintenance(hass: HomeAssistant, overdue: Mapping[str, tuple[str, str]]) -> None:
    """Ask for tasks that are overdue, by their ids, with what they are called and since when; forget all others."""
    wanted = {f"{_MAINTENANCE_OVERDUE}_{uid}": (uid, *told) for uid, told in overdue.items()}
    for domain, issue_id in tuple(ir.async_get(hass).issues):
        ours = domain == DOMAIN and issue_id.startswith(_MAINTENANCE_OVERDUE)
        if ours and issue_id not in wanted:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, (uid, task, due) in wanted.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={"item": uid, "task": task, "due": due},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=_MAINTENANCE_OVERDUE,
            translation_placeholders={"task": task, "due": due},
        )


def _tariff_issues(tariffs: HouseTariffs) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    """Tell what to tell; where no tariff is left it is enough to say so once."""
    for key, (name, reason) in tariffs.unusable.items():
        placeholders = {"name": name, "reason": reason}
        yield f"{_TARIFF_UNUSABLE}_{key}", (_TARIFF_UNUSABLE, placeholders)
    if tariffs.default_name is None:
        if tariffs.left or tariffs.default_left:
            yield _NO_TARIFF_LEFT, (_NO_TARIFF_LEFT, {})
        return
    present = {"tariff": tariffs.default_name}
    if tariffs.default_left:
        yield _DEFAULT_TARIFF_GONE, (_DEFAULT_TARIFF_GONE, present)
    for key, station in tariffs.left.items():
        placeholders = {"station": station, **present}
        yield f"{_STATION_TARIFF_GONE}_{key}", (_STATION_TARIFF_GONE, placeholders)


def _create(hass: HomeAssistant, key: str, placeholders: dict[str, str]) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        key,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def _forget(hass: HomeAssistant, keys: Iterable[str]) -> None:
    for key in keys:
        ir.async_delete_issue(hass, DOMAIN, key)
