"""The floors of the house, and what must not be in it."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
from statistics import median
import subprocess
import tomllib

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "custom_components" / "chargestead"
GROUND = "model"
DOMAINS = ("csms", "billing", "charging", "maintenance")
SITE = "site"
BELOW_THE_GLUE = tuple(
    name for name in (GROUND, *DOMAINS, SITE) if (HOUSE / name / "__init__.py").exists()
)

# Tables are long because there is much of one kind in them.
LONG: dict[str, str] = {}
LONGEST = 500
MEDIAN = 150


def modules(*folders: str) -> list[Path]:
    """Return the modules of the integration, or of some of its packages."""
    places = [HOUSE / folder for folder in folders] or [HOUSE]
    return sorted(path for place in places for path in place.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the full names of what a module imports, and the lines."""
    package = (ROOT / path.relative_to(ROOT)).parent.relative_to(ROOT).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for item in node.names:
                yield item.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*base, *((node.module,) if node.module else ())))
            for item in node.names:
                yield f"{origin}.{item.name}", node.lineno


def floor_of(name: str) -> str | None:
    """Return which package of ours an import leads to: "" for the glue, None for what is not ours."""
    parts = name.split(".")
    if parts[:2] != ["custom_components", "chargestead"]:
        return None
    return parts[2] if len(parts) > 2 and (HOUSE / parts[2]).is_dir() else ""


def forbidden(folder: str) -> set[str]:
    """Return which packages of ours a package must not import; "" is the glue."""
    above = {"", *BELOW_THE_GLUE} - {folder}
    if folder == SITE:
        return {""}
    return above - {GROUND}


@pytest.mark.parametrize("folder", BELOW_THE_GLUE)
def test_imports_only_go_down(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(folder)
        for name, line in imports(path)
        if floor_of(name) in forbidden(folder)
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", BELOW_THE_GLUE)
def test_nothing_below_the_glue_knows_home_assistant(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(folder)
        for name, line in imports(path)
        if name.split(".")[0] in {"homeassistant", "probatio", "voluptuous"}
    ]
    assert wrong == []


def test_the_walk_sees_what_it_is_meant_to_see() -> None:
    seen = {name for path in modules(SITE) for name, _ in imports(path)}
    assert "custom_components.chargestead.csms.central.CentralSystem" in seen
    assert floor_of("custom_components.chargestead.csms.central.CentralSystem") == "csms"
    assert floor_of("custom_components.chargestead.const.DOMAIN") == ""
    assert floor_of("homeassistant.core") is None
    assert any(name.startswith("homeassistant.") for name, _ in imports(HOUSE / "__init__.py"))
    assert forbidden("csms") >= {"", "billing", SITE}
    assert GROUND not in forbidden("csms")


def test_every_package_of_the_integration_has_its_floor() -> None:
    packages = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    assert packages == set(BELOW_THE_GLUE)


def test_modules_are_short() -> None:
    lengths = {
        str(path.relative_to(HOUSE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules()
    }
    assert median(lengths.values()) < MEDIAN
    assert {name for name, length in lengths.items() if length > LONGEST} == set(LONG)
    assert all(LONG.values()), "a long module needs a reason"


def test_nothing_shipped_asserts_or_prints() -> None:
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If)
            and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert):
                assert id(node) in guarded, f"{path.relative_to(ROOT)}:{node.lineno}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path.relative_to(ROOT)}:{node.lineno}"


def manifest() -> dict[str, object]:
    """Return the manifest, in its order."""
    content: dict[str, object] = json.loads((HOUSE / "manifest.json").read_text(encoding="utf-8"))
    return content


def test_the_manifest_is_in_the_order_hassfest_wants() -> None:
    keys = list(manifest())
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    for name in ("after_dependencies", "codeowners", "dependencies", "requirements"):
        listed = manifest()[name]
        assert isinstance(listed, list)
        assert listed == sorted(listed), name
    assert manifest()["domain"] == HOUSE.name


def test_the_manifest_has_what_hacs_and_hassfest_ask_of_custom_integrations() -> None:
    assert {
        "codeowners",
        "documentation",
        "domain",
        "integration_type",
        "iot_class",
        "issue_tracker",
        "name",
        "version",
    } <= set(manifest())
    assert str(manifest()["documentation"]).startswith("https://")


def test_cards_of_stations_are_not_kept_from_appearing() -> None:
    """With `single_config_entry` Home Assistant refuses discovered flows once an entry is there."""
    assert "single_config_entry" not in manifest()


def test_versions_and_names_agree() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == manifest()["version"]
    assert project["name"] == manifest()["domain"]
    assert hacs["name"] == manifest()["name"]
    assert hacs["filename"] == f"{manifest()['domain']}.zip"
    assert set(hacs) <= {
        "content_in_root",
        "country",
        "filename",
        "hacs",
        "hide_default_branch",
        "homeassistant",
        "name",
        "persistent_directory",
        "render_readme",
        "zip_release",
    }


def test_what_home_assistant_installs_is_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = manifest()["requirements"]
    assert isinstance(requirements, list)
    assert set(requirements) <= set(project["dependencies"])


def tracked() -> list[Path]:
    """Return the files under version control, all of them where there is none."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not under version control")
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name]


MACHINE = re.compile(
    r"""(?<![\w./-])/(?:work|root|home|Users)/[\w.]"""
    r"""|https?://(?!localhost|127\.)[\w.-]*(?:pypi|proxy|mirror|artifactory|nexus)[\w.-]*"""
    r"""|--(?:extra-)?index-url|PIP_INDEX""",
    re.VERBOSE,
)


@pytest.mark.parametrize(
    "text",
    [
        "see " + "/ro" + "ot/.cache",
        "url = https://" + "pypi.example/simple",
        "pip install --index" + "-url https://example",
    ],
)
def test_the_search_for_traces_of_a_machine_finds_them(text: str) -> None:
    assert MACHINE.search(text)


def test_no_file_tells_of_the_machine_it_was_written_on() -> None:
    found = []
    for path in tracked():
        if not path.is_file() or path.suffix == ".png":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if path != Path(__file__) and MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_every_workflow_asks_for_no_more_than_it_needs() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert re.search(r"^permissions: \{\}$", text, re.MULTILINE), path.name
        assert "pull_request_target" not in text, path.name
        for use in re.findall(r"uses: (\S+)", text):
            action, _, version = use.partition("@")
            moving = action in {"home-assistant/actions/hassfest", "hacs/action"}
            assert moving or re.fullmatch(r"[0-9a-f]{40}|v\d+(\.\d+)*", version), use
