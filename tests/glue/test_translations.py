"""The words people read: all there, none too many, none in the code."""

import ast
from collections.abc import Iterator
import re
from typing import Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
from homeassistant.util.yaml import load_yaml_dict
import probatio
import pytest
import voluptuous as vol

from custom_components.chargestead import (
    driver_schemas,
    firmware_flow,
    flow_schemas,
    tariff_schemas,
    upkeep_repairs,
    upkeep_schemas,
)
from custom_components.chargestead.billing.export import COLUMNS
from custom_components.chargestead.csms.security.passwords import PasswordOutcome
from custom_components.chargestead.entry_action import EntryAction
from custom_components.chargestead.maintenance.faults import rule_of
from custom_components.chargestead.maintenance.schedule import TEMPLATES
from custom_components.chargestead.model.driver import TokenType
from custom_components.chargestead.model.fault import FaultFix, FaultKind
from custom_components.chargestead.price_actions import PRICE_ACTIONS
from custom_components.chargestead.services import ACTIONS, ENTRY_ACTIONS, StationAction
from custom_components.chargestead.tariff_config import TariffKind
from custom_components.chargestead.upkeep_records import LOG_COLUMNS

from .sources import (
    FOLDER,
    book,
    called,
    calls,
    dict_keys,
    keyword,
    leaves,
    modules,
    placeholders,
    source,
    texts,
    words,
)
from .test_entity_words import DESCRIPTIONS

WORDS = words()
SERVICES = load_yaml_dict(str(FOLDER / "services.yaml"))

ACTIONS_IN = {
    "charging_profile_actions",
    "device_model_actions",
    "display_actions",
    "fault_actions",
    "file_actions",
    "firmware_actions",
    "health_actions",
    "history_actions",
    "local_cost_actions",
    "monitoring_actions",
    "log_files",
    "reservation_actions",
    "security_actions",
    "services",
    "trust_actions",
    "upkeep_actions",
}
ALL_ACTIONS = (*ACTIONS, *ENTRY_ACTIONS)
ERRORS = (
    "HomeAssistantError",
    "ServiceValidationError",
    "ConfigEntryError",
    "ConfigEntryNotReady",
    "ConfigEntryAuthFailed",
    "UpdateFailed",
)
TARIFFS = {"1": "Home"}
FORMS = {
    ("config", "user"): flow_schemas.LISTEN_SCHEMA,
    ("config", "tokens"): flow_schemas.TOKENS_SCHEMA,
    ("config", "reconfigure"): flow_schemas.LISTEN_SCHEMA,
    ("config", "confirm"): flow_schemas.station_schema(TARIFFS),
    ("charging_station", "user"): flow_schemas.new_station_schema({}, TARIFFS),
    ("charging_station", "reconfigure"): flow_schemas.changed_station_schema(TARIFFS),
    ("driver", "details"): driver_schemas.driver_schema({}),
    ("driver", "remembered"): driver_schemas.remembered_schema({}),
    ("firmware", "user"): firmware_flow.firmware_schema({}),
    ("options", "init"): flow_schemas.options_schema(TARIFFS),
    ("options", "maintenance_task"): upkeep_schemas.task_schema({}, {}, named=False),
    ("options", "own_task"): upkeep_schemas.task_schema({}, {}, named=True),
    ("tariff", "dynamic"): tariff_schemas.source_schema({}),
    **{
        ("tariff", "dynamic_price" if kind is TariffKind.DYNAMIC else kind.value): (
            tariff_schemas.tariff_schema(kind, "EUR", {})
        )
        for kind in TariffKind
    },
}
FLOWS = {
    "config": ("config_flow", ("config_flow", "listening", "station_profile")),
    "charging_station": ("station_flow", ("station_flow", "station_profile")),
    "driver": ("driver_flow", ("driver_flow",)),
    "firmware": ("firmware_flow", ("firmware_flow",)),
    "options": ("options_flow", ("options_flow",)),
}
NAMES = {
    "Authorize",
    "Basic",
    "CHARGESTEAD",
    "CSV",
    "Chargestead",
    "ASCII",
    "EVSE",
    "Home Assistant",
    "JSON",
    "L1",
    "L2",
    "L3",
    "OCPI",
    "OCPP",
    "HTML",
    "PEM",
    "QR",
    "URL",
    "VAT",
    "VPN",
}


def flow_words(flow: str) -> dict[str, Any]:
    """Return what is written about a flow."""
    found: dict[str, Any] = WORDS if flow in WORDS else WORDS["config_subentries"]
    told: dict[str, Any] = found[flow]
    return told


def raised() -> list[tuple[str, ast.Call]]:
    """Return where errors for people are made."""
    return [(module, call) for module, call in calls() if called(call) in ERRORS]


def errors_of(*names: str) -> set[str]:
    """Return the keys of field errors that some modules use."""
    found: set[str] = set()
    for name in names:
        for node in ast.walk(source(name)):
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Subscript)
                and isinstance(target.value, ast.Name)
                and target.value.id == "errors"
                for target in node.targets
            ):
                found |= texts(node.value)
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if function and node.name.endswith("_problem"):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        found |= _returned(inner.value)
    return found


def _returned(value: ast.expr) -> set[str]:
    if isinstance(value, ast.Dict):
        return set().union(*(_returned(item) for item in value.values))
    if isinstance(value, ast.IfExp):
        return _returned(value.body) | _returned(value.orelse)
    return {value.value} if isinstance(value, ast.Constant) and value.value else set()


def test_there_are_no_sections_nobody_reads() -> None:
    assert set(WORDS) == {
        "common",
        "config",
        "config_subentries",
        "device",
        "entity",
        "exceptions",
        "issues",
        "options",
        "selector",
        "services",
        "system_health",
        "title",
    }


def test_errors_are_raised_with_words_from_the_book() -> None:
    for module, call in raised():
        assert call.args == [], f"{module}:{call.lineno} has a text in the code"
        assert keyword(call, "translation_domain") is not None, f"{module}:{call.lineno}"
        assert keyword(call, "translation_key") is not None, f"{module}:{call.lineno}"


def test_every_exception_has_words_and_every_word_is_said() -> None:
    used: set[str] = set()
    for module, call in calls():
        if called(call) in ERRORS:
            used |= texts(keyword(call, "translation_key"))
        elif called(call) == "invalid":
            used |= texts(call.args[0])
        assert module
    for node in ast.walk(source("errors")):
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_wording"):
            used |= {text for text in texts(node) if re.fullmatch(r"[a-z]+(_[a-z]+)+", text)}
    used |= texts(source("repairs")) & {"port_in_use", "certificate_unusable"}
    assert used == set(WORDS["exceptions"])


def test_the_placeholders_of_exceptions_are_filled_in() -> None:
    checked = 0
    for module, call in raised():
        key = keyword(call, "translation_key")
        given = dict_keys(keyword(call, "translation_placeholders"))
        if not isinstance(key, ast.Constant) or given is None:
            continue
        checked += 1
        message = WORDS["exceptions"][key.value]["message"]
        assert placeholders(message) == given, f"{module}:{call.lineno}"
    for module, call in calls():
        if called(call) == "invalid" and isinstance(call.args[0], ast.Constant):
            checked += 1
            message = WORDS["exceptions"][call.args[0].value]["message"]
            assert placeholders(message) == {item.arg for item in call.keywords}, module
    assert checked >= 5


def test_every_issue_has_words_and_every_word_is_said() -> None:
    issues = {
        node.value.value
        for node in source("repairs").body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    faults = {kind.value for kind in FaultKind}
    assert issues | faults == set(WORDS["issues"])
    for key in issues:
        issue = WORDS["issues"][key]
        told = {"fix_flow", "title"} if "fix_flow" in issue else {"description", "title"}
        assert set(issue) == told, key
        expected = {
            "certificate_expiring": {"date"},
            "default_tariff_gone": {"tariff"},
            "station_certificate_expiring": {"date", "station"},
            "ledger_damaged": {"path", "reason"},
            "maintenance_overdue": {"task", "due"},
            "no_tariff_left": set(),
            "station_tariff_gone": {"station", "tariff"},
            "tariff_unusable": {"name", "reason"},
            "port_in_use": {"port", "reason"},
            "certificate_unusable": {"port", "reason"},
        }.get(key, {"reason"})
        assert placeholders(*(text for _, text in leaves(issue))) == expected, key


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_is_explained_and_can_be_mended_by_what_is_offered(kind: FaultKind) -> None:
    issue = WORDS["issues"][kind.value]
    fixes = {fix.value for fix in rule_of(kind).fixes}
    given = {"station", "code", "info", "reason", "since"}
    if FaultFix.FETCH_LOG in rule_of(kind).fixes:
        given |= {"log"}
    assert placeholders(*(text for _, text in leaves(issue))) <= given
    if not fixes:
        assert set(issue) == {"description", "title"}
        return
    assert set(issue) == {"fix_flow", "title"}
    flow = issue["fix_flow"]
    asked = fixes - {"acknowledge", "accept_meter"}
    after = ({"failed", "still_there"} if asked else set()) | (
        {"log_ready"} if "fetch_log" in asked else set()
    )
    assert set(flow["step"]) == {"init"} | after
    assert set(flow["step"]["init"]) == {"description", "menu_options", "title"}
    assert set(flow["step"]["init"]["menu_options"]) == fixes
    assert set(flow.get("progress", {})) == asked
    assert set(flow["abort"]) == {"already_over"}
    steps = {
        node.name.removeprefix("async_step_")
        for node in ast.walk(source("fault_flow"))
        if isinstance(node, ast.AsyncFunctionDef)
    }
    assert fixes <= steps


@pytest.mark.parametrize("flow", FLOWS)
def test_every_step_error_and_end_of_a_flow_has_words(flow: str) -> None:
    module, tellers = FLOWS[flow]
    found = flow_words(flow)
    steps = {text for _, call in calls(module) for text in texts(keyword(call, "step_id"))}
    assert steps == set(found["step"])
    assert errors_of(*tellers) == set(found["error"])
    ends = {
        text
        for _, call in calls(module)
        if called(call) == "async_abort"
        for text in texts(keyword(call, "reason"))
    }
    if any(called(call) == "async_update_and_abort" for _, call in calls(module)):
        ends.add("reconfigure_successful")
    assert ends == set(found.get("abort", {}))


@pytest.mark.parametrize(("flow", "step"), FORMS)
def test_every_field_of_a_form_has_a_name_and_is_explained(flow: str, step: str) -> None:
    parts = FORMS[flow, step].schema
    sections = {str(marker): part for marker, part in parts.items() if isinstance(part, section)}
    told = flow_words(flow)["step"][step]
    for fields, words_there in (
        ({str(marker) for marker in parts} - set(sections), told),
        *(
            ({str(marker) for marker in part.schema.schema}, told["sections"][name])
            for name, part in sections.items()
        ),
    ):
        assert set(words_there["data"]) == fields
        assert set(words_there["data_description"]) == fields
    assert set(told.get("sections", {})) == set(sections)
    assert all(told["sections"][name]["name"] for name in sections)


def test_every_step_of_the_tariffs_and_all_that_can_be_wrong_has_words() -> None:
    told = flow_words("tariff")
    steps = {
        node.name.removeprefix("async_step_")
        for node in ast.walk(source("tariff_flow"))
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("async_step_")
    }
    assert steps - {"reconfigure"} == set(told["step"])
    assert set(told["step"]["user"]["menu_options"]) == {kind.value for kind in TariffKind}
    codes = {
        call.args[0].value
        for module in ("tariff_config", *(f"billing/tariffs/{name}" for name in _READERS))
        for _, call in calls(module)
        if called(call) in {"TariffError", "error"} and isinstance(call.args[0], ast.Constant)
    }
    assert errors_of("tariff_flow") | codes == set(told["error"])
    given = {"currency", "path", "source", "value"}
    for key, text in told["error"].items():
        assert placeholders(text) <= given, key
    for step in told["step"].values():
        assert placeholders(step.get("description", "")) <= {"currency", "source"}
    ends = {
        text
        for _, call in calls("tariff_flow")
        if called(call) == "async_abort"
        for text in texts(keyword(call, "reason"))
    }
    assert ends | {"reconfigure_successful"} == set(told["abort"])


def test_every_field_of_a_window_has_a_name_and_is_explained() -> None:
    for kind, name in ((TariffKind.TIME_OF_USE, "windows"), (TariffKind.DYNAMIC, "grid_fees")):
        (editor,) = (
            part
            for form in (tariff_schemas.tariff_schema(kind, "EUR", {}),)
            for _, part in _fields(form)
            if isinstance(part, selector.ObjectSelector)
        )
        assert editor.config["translation_key"] == name
        told = WORDS["selector"][name]["fields"]
        assert set(told) == set(editor.config["fields"])
        assert all(set(field) == {"description", "name"} for field in told.values())


def test_every_step_of_an_overdue_task_has_words() -> None:
    told = WORDS["issues"]["maintenance_overdue"]["fix_flow"]
    forms = {"done": upkeep_repairs.DONE_SCHEMA, "later": upkeep_repairs.LATER_SCHEMA}
    assert set(told["step"]) == {"init", *forms}
    assert set(told["step"]["init"]["menu_options"]) == set(forms)
    for step, schema in forms.items():
        fields = {str(marker) for marker in schema.schema}
        assert set(told["step"][step]["data"]) == fields
        assert set(told["step"][step]["data_description"]) == fields
    ends = {
        text
        for _, call in calls("upkeep_repairs")
        if called(call) == "async_abort"
        for text in texts(keyword(call, "reason"))
    }
    assert ends == set(told["abort"])


def test_the_page_with_the_address_explains_its_code() -> None:
    told = WORDS["config"]["step"]["address"]
    assert set(told["data"]) == set(told["data_description"]) == {"qr_code"}


@pytest.mark.parametrize("flow", FLOWS)
def test_the_placeholders_of_forms_are_filled_in(flow: str) -> None:
    module, _ = FLOWS[flow]
    for _, call in calls(module):
        given = dict_keys(keyword(call, "description_placeholders")) or set()
        if called(call) == "async_show_form":
            (step,) = texts(keyword(call, "step_id"))
            told = flow_words(flow)["step"][step]
            assert placeholders(told.get("title", ""), told.get("description", "")) == given, step
        if called(call) == "async_abort":
            (reason,) = texts(keyword(call, "reason"))
            assert placeholders(flow_words(flow)["abort"][reason]) == given, reason


_READERS = ("fields", "home", "ocpi")


def _fields(schema: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Give the fields of a form, those in sections too."""
    for marker, part in schema.schema.items():
        if isinstance(part, section):
            yield from _fields(part.schema)
        else:
            yield str(marker), part


def choices(schema: Any) -> dict[str, set[str]]:  # noqa: ANN401
    """Return the options of the selects in a form that are translated."""
    found: dict[str, set[str]] = {}
    for _, value in _fields(schema):
        parts = value.validators if isinstance(value, probatio.All) else [value]
        for part in parts:
            if isinstance(part, selector.SelectSelector) and "translation_key" in part.config:
                found[part.config["translation_key"]] = set(part.config["options"])
    return found


def test_every_option_to_choose_has_words_and_every_word_is_offered() -> None:
    offered: dict[str, set[str]] = {}
    for schema in FORMS.values():
        offered |= choices(schema)
    for service in SERVICES.values():
        for field in service["fields"].values():
            select = field.get("selector", {}).get("select") or {}
            if "translation_key" in select:
                offered[select["translation_key"]] = set(select["options"])
    offered["weekday"] = set(tariff_schemas.WEEKDAYS)
    offered["password_outcome"] = {outcome.value for outcome in PasswordOutcome}
    offered["token_type"] = set(TokenType)
    offered["price_source"] = {*PRICE_ACTIONS, "current", "list", "present"}
    written = {
        key: set(value["options"]) for key, value in WORDS["selector"].items() if "options" in value
    }
    assert written == offered


def test_every_common_word_is_said_somewhere_and_there_is_one_for_each() -> None:
    said = {text for text in texts(source("statistics")) if text.startswith("statistic_")}
    said |= {f"export_{column}" for column in COLUMNS}
    said |= {f"log_{column}" for column in LOG_COLUMNS}
    said |= {f"maintenance_hint_{template.key}" for template in TEMPLATES}
    said |= {"maintenance_last_done", "maintenance_window"}
    assert said == set(WORDS["common"])


def test_system_health_has_words() -> None:
    told: set[str] = set()
    for node in ast.walk(source("system_health")):
        if isinstance(node, ast.Dict):
            told |= dict_keys(node) or set()
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            told |= texts(node.slice)
    assert told == set(WORDS["system_health"]["info"])


@pytest.mark.parametrize("action", ALL_ACTIONS, ids=lambda action: action.name)
def test_the_form_of_an_action_is_its_schema(action: StationAction | EntryAction) -> None:
    form = SERVICES[action.name]["fields"]
    whole = isinstance(action, EntryAction)
    accepted = {"config_entry_id" if whole else "device_id": not whole} | {
        str(marker): isinstance(marker, vol.Required) for marker in action.fields
    }
    assert set(form) == set(accepted)
    for name, required in accepted.items():
        assert form[name].get("required", False) == required, name
        assert "selector" in form[name], name
    told = WORDS["services"][action.name]
    assert set(told) == {"name", "description", "fields"}
    assert set(told["fields"]) == set(form)
    for name, field in told["fields"].items():
        assert set(field) == {"name", "description"}, name
        assert all(field.values()), name


def test_there_is_a_form_and_words_for_each_action_and_for_no_other() -> None:
    names = {action.name for action in ALL_ACTIONS}
    assert set(SERVICES) == set(WORDS["services"]) == set(book("icons.json")["services"]) == names


def test_an_entity_that_home_assistant_has_no_icon_for_has_one_of_ours() -> None:
    icons = book("icons.json")["entity"]
    without = {
        (platform, description.key)
        for platform, description in DESCRIPTIONS
        if description.device_class in (None, "enum")
        and description.translation_key not in icons.get(platform, {})
    }
    assert without == set()


def test_each_kind_of_event_has_an_icon_and_words() -> None:
    told = WORDS["entity"]["event"]
    icons = book("icons.json")["entity"]["event"]
    for platform, description in DESCRIPTIONS:
        if platform != "event":
            continue
        kinds = set(getattr(description, "event_types", ()))
        assert kinds
        key = description.translation_key
        assert set(told[key]["state_attributes"]["event_type"]["state"]) == kinds
        states = icons[key].get("state_attributes", {}).get("event_type", {}).get("state", {})
        assert set(states) == kinds, key


def test_the_icons_are_of_the_set_home_assistant_has() -> None:
    for path, icon in leaves(book("icons.json")):
        assert re.fullmatch(r"mdi:[a-z0-9]+(-[a-z0-9]+)*", icon), path


def test_words_are_in_sentence_case() -> None:
    for path, text in leaves(WORDS):
        if "data_description" in path or (
            path[-1] not in {"name", "title", "entry_type", "user", "reconfigure"}
            and (len(path) < 2 or path[-2] not in {"data", "state", "options"})
        ):
            continue
        rest = text
        for name in NAMES:
            rest = rest.replace(name, "")
        later = re.findall(r"(?<=[^.:!?]\s)[A-Z]\w+", rest)
        assert later == [], f"{path}: {text}"
        assert text[0].isupper() or text[0] in "{0123456789", f"{path}: {text}"


def test_descriptions_are_whole_sentences() -> None:
    for path, text in leaves(WORDS):
        if path[-1] in {"description", "message"} or path[-2:-1] in (
            ("data_description",),
            ("error",),
        ):
            assert text.rstrip("`*")[-1] in ".!?}" or "\n" in text, f"{path}: {text}"


def test_no_name_is_written_in_the_code() -> None:
    for module in modules():
        for node in ast.walk(source(module)):
            if isinstance(node, ast.keyword) and node.arg in {"name", "title"}:
                value = node.value
                plain = isinstance(value, ast.Constant) and isinstance(value.value, str)
                if plain and module not in ACTIONS_IN:
                    assert texts(value) == {"Chargestead"}, f"{module}:{value.lineno}"
            if isinstance(node, ast.Assign):
                targets = {target.id for target in node.targets if isinstance(target, ast.Name)} | {
                    target.attr for target in node.targets if isinstance(target, ast.Attribute)
                }
                assert "_attr_name" not in targets, f"{module}:{node.lineno}"
