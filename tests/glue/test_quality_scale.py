"""The ledger of Home Assistant's quality scale, kept honest."""

import ast
from importlib.metadata import distribution
from pathlib import Path
import re
import struct
from typing import Any

from homeassistant.const import Platform
from homeassistant.util.yaml import load_yaml_dict
from packaging.requirements import Requirement
import pytest

import custom_components.chargestead as integration
from custom_components.chargestead import PLATFORMS

from .sources import FOLDER, book, modules, source, words

ROOT = FOLDER.parent.parent
RULES: dict[str, Any] = load_yaml_dict(str(FOLDER / "quality_scale.yaml"))["rules"]

BRONZE = {
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
}
SILVER = {
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
}
GOLD = {
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
}
PLATINUM = {"async-dependency", "inject-websession", "strict-typing"}

TESTED_BY = {
    "config-entry-unloading": "test_init.py",
    "config-flow-test-coverage": "test_config_flow.py",
    "devices": "test_devices.py",
    "diagnostics": "test_diagnostics.py",
    "discovery": "test_discovery.py",
    "dynamic-devices": "test_discovery.py",
    "entity-translations": "test_entity_words.py",
    "exception-translations": "test_translations.py",
    "icon-translations": "test_translations.py",
    "log-when-unavailable": "test_availability.py",
    "entity-unavailable": "test_availability.py",
    "repair-issues": "test_init.py",
    "stale-devices": "test_init.py",
    "action-exceptions": "test_services.py",
}


def is_done(rule: str) -> bool:
    """Tell whether a rule is claimed to be met."""
    answer = RULES[rule]
    return bool((answer if isinstance(answer, str) else answer["status"]) == "done")


def functions(module: str) -> set[str]:
    """Return the names of all functions of a module."""
    return {
        node.name
        for node in ast.walk(source(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def names_in(module: str, function: str) -> set[str]:
    """Return the names a function uses."""
    return {
        name.id
        for node in ast.walk(source(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
        for name in ast.walk(node)
        if isinstance(name, ast.Name)
    }


def test_every_rule_is_answered_and_none_made_up() -> None:
    assert set(RULES) == BRONZE | SILVER | GOLD | PLATINUM
    assert len(RULES) == 54


@pytest.mark.parametrize("rule", RULES)
def test_an_answer_is_done_todo_or_exempt_with_a_reason(rule: str) -> None:
    answer = RULES[rule]
    if isinstance(answer, str):
        assert answer in {"done", "todo"}
        return
    assert set(answer) == {"status", "comment"}
    assert answer["status"] in {"done", "exempt", "todo"}
    assert len(answer["comment"].split()) >= 5


def test_what_is_shown_by_tests_and_claimed_has_tests() -> None:
    for rule, name in TESTED_BY.items():
        tests = (Path(__file__).parent / name).read_text(encoding="utf-8") if is_done(rule) else ""
        assert not is_done(rule) or re.search(r"^(async )?def test_", tests, re.MULTILINE), rule


def test_the_whole_suite_has_to_reach_each_module() -> None:
    last = (ROOT / "scripts" / "test").read_text(encoding="utf-8").splitlines()[-1]
    assert is_done("test-coverage") == last.endswith("-m scripts.covered 93")


def test_actions_are_registered_whether_or_not_an_entry_is_there() -> None:
    assert "async_setup_services" in names_in("__init__", "async_setup")
    assert hasattr(integration, "CONFIG_SCHEMA")


def test_nothing_is_polled() -> None:
    for module in modules():
        text = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
        assert "update_interval" not in text, module
        assert "SCAN_INTERVAL" not in text, module


@pytest.mark.parametrize(("name", "size"), [("icon.png", 256), ("icon@2x.png", 512)])
def test_the_brand_has_its_images(name: str, size: int) -> None:
    header = (FOLDER / "brand" / name).read_bytes()[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", header[16:24]) == (size, size)


def test_common_modules_are_where_readers_look() -> None:
    assert {"coordinator", "entity", "services", "config_flow", "const"} <= set(modules())
    for platform in PLATFORMS:
        assert platform.value in modules()


def test_the_platforms_there_are_are_set_up() -> None:
    assert {module for module in modules() if module in set(Platform)} == set(PLATFORMS)


def test_every_platform_says_how_many_updates_run_at_once() -> None:
    for platform in PLATFORMS:
        assert "PARALLEL_UPDATES = 0" in (FOLDER / f"{platform}.py").read_text(encoding="utf-8")


def test_entities_have_names_and_ids_of_their_own() -> None:
    text = (FOLDER / "entity.py").read_text(encoding="utf-8")
    assert "_attr_has_entity_name = True" in text
    assert "unique_id" in functions("entity")


def test_runtime_data_is_typed() -> None:
    aliases = {
        node.name.id for node in ast.walk(source("coordinator")) if isinstance(node, ast.TypeAlias)
    }
    assert "ChargesteadConfigEntry" in aliases


def test_the_manifest_names_an_owner_and_claims_no_tier() -> None:
    manifest = book("manifest.json")
    assert manifest["config_flow"] is True
    assert manifest["codeowners"]
    assert "quality_scale" not in manifest


def test_the_flows_can_be_reconfigured() -> None:
    for module in ("config_flow", "station_flow"):
        assert "async_step_reconfigure" in functions(module)


def test_the_functions_that_rules_ask_for_are_there() -> None:
    assert {"async_unload_entry", "async_remove_entry", "async_remove_config_entry_device"} <= (
        functions("__init__")
    )
    assert {"async_get_config_entry_diagnostics", "async_get_device_diagnostics"} <= (
        functions("diagnostics")
    )
    assert "async_find_problems" in names_in("config_flow", "async_step_user")
    assert words()["issues"]


def test_every_dependency_is_typed_and_comes_with_home_assistant_or_runs_wherever_it_does() -> None:
    shipped = {
        re.split(r"[<>=!;\[ ]", requirement)[0].lower()
        for requirement in distribution("homeassistant").requires or ()
    }
    for requirement in book("manifest.json")["requirements"]:
        name = re.split(r"[<>=]", requirement)[0]
        found = distribution(name)
        files = found.files or []
        if name.lower() not in shipped:
            # Nothing to compile, on whatever machine, and nothing that comes along with it.
            assert "Tag: py3-none-any" in (found.read_text("WHEEL") or ""), name
            assert not any(file.suffix in {".so", ".pyd"} for file in files), name
            needed = [Requirement(item).marker for item in found.requires or ()]
            assert all(marker and not marker.evaluate({"extra": ""}) for marker in needed), name
        assert any(file.name in {"py.typed", "__init__.pyi"} for file in files), name


def test_documentation_that_is_claimed_is_there() -> None:
    pages = "\n".join(
        page.read_text(encoding="utf-8")
        for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    )
    missing = {
        rule
        for rule in RULES
        if rule.startswith("docs-")
        and is_done(rule)
        and f"<!-- quality scale: {rule} -->" not in pages
    }
    assert missing == set()
