"""The table in docs/conformance.md is whole and true."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
TABLE: Final = HERE.parent.parent / "docs" / "conformance.md"
FOLDERS: Final = {"OCPP 1.6": "v16", "OCPP 2.0.1": "v2"}
PUBLISHED: Final = {
    "OCPP 1.6": """
        001 003 004_1 004_2 005_1 007 061 010 011_1 011_2 012 013 014 017_1 017_2 018_1 019_1 019_2
        021 023_1 023_2 023_3 024 026 028 030 031 032_1 037_1 037_3 039 040_1 040_2 042_1 042_2
        043_1 043_3 043_4 043_5 044_1 044_2 044_3 045_1 045_2 046 047 048_1 048_2 048_3 048_4 049
        051 052 053 054 055 056 057 066 067 059 064 073 074 075_1 075_2 076 077 078 079 080 081 083
        085 086 087 088
    """.split(),  # noqa: SIM905 - numbers read better without quotes
    "OCPP 2.0.1": [
        f"{block}_{number}"
        for block, numbers in {
            "A": "01 02 03 04 06 07 08 09 10 11 12 13 14 19",
            "B": "01 02 06 07 08 09 10 12 13 14 18 20 21 22 25 26 27 30 31 42 44 58",
            "C": "02 06 07 08 20 37 38 39 40 43 47 48 49 50 51 52",
            "D": "01 02 03 04 08 09",
            "E": (
                "01 02 03 04 07 08 09 10 11 12 14 15 16 17 19 20 21 22 26 29 30 31 33 34 38 39 53"
            ),
            "F": "01 02 03 04 06 11 12 13 14 15 18 20 23 24 27",
            "G": "03 04 05 06 07 08 11 14 17 20",
            "H": "01 07 08 14 15 17 19 20 22",
            "I": "01 02",
            "J": "01 02 03 04 07 08 09 10 11",
            "K": (
                "01 02 03 04 05 06 08 10 15 19 29 30 31 32 33 34 35 36 37 43 44 48 50 51 52 53 "
                "55 57 58 59 60 70"
            ),
            "L": "01 02 03 04 05 06 07 08 09 10 11 13 17 19 20 21 22 23 24",
            "M": "01 02 03 04 05 12 13 14 15 16 17 18 19 20 21 24 26 28",
            "N": (
                "01 02 03 05 08 09 16 17 18 21 24 25 27 28 29 30 31 32 34 35 36 44 46 47 48 49 "
                "50 60 62 63"
            ),
            "O": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 17 18 19 25 26 27 28",
            "P": "02 03",
        }.items()
        for number in numbers.split()
    ],
}
"""The numbers of all cases for central systems, as the Open Charge Alliance publishes them."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table: `case` is "" where there is no published number."""

    version: str
    section: str
    case: str
    tests: tuple[str, ...]
    open: str | None


def rows() -> Iterator[Row]:
    """Yield the rows of all tables."""
    version = section = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            version = line[3:]
        elif line.startswith("### "):
            section = line[4:]
        elif line.startswith("| ") and not line.startswith(("| Case |", "| What ")):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            tests = tuple(re.findall(r"`(test_\w+::test_\w+)`", cells[-1]))
            case = cells[0].removeprefix("TC_") if cells[0].startswith("TC_") else ""
            missing = cells[-1].removeprefix("open: ") if cells[-1].startswith("open: ") else None
            yield Row(version=version, section=section, case=case, tests=tests, open=missing)


def written(version: str) -> list[str]:
    """Return the tests there are for a version, as `module::test`."""
    return [
        f"{path.stem}::{node.name}"
        for path in sorted((HERE / FOLDERS[version]).glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]


def cases_of(test: str) -> list[str]:
    """Return the numbers of the cases a test is for, "" for none.

    `x::test_tc_004_1_a_card` is for 004_1, `x::test_tc_k_29_30_profiles` for K_29 and K_30.
    """
    name = test.partition("::")[2]
    if found := re.match(r"test_tc_(\d{3}(?:_\d)?)_", name):
        return [found[1]]
    if found := re.match(r"test_tc_([a-p])((?:_\d{2})+)_", name):
        return [f"{found[1].upper()}_{number}" for number in found[2].split("_")[1:]]
    return [""]


def test_every_folder_of_cases_has_its_part_of_the_table() -> None:
    folders = {path.parent.name for path in HERE.glob("*/__init__.py")}
    assert folders == set(FOLDERS.values())
    assert {row.version for row in rows()} == set(FOLDERS)


@pytest.mark.parametrize("version", FOLDERS)
def test_every_published_case_has_one_row(version: str) -> None:
    first = [
        row.case for row in rows() if (row.version, row.section) == (version, "Central system")
    ]
    assert first == PUBLISHED[version]
    cases = [row.case for row in rows() if row.version == version and row.case]
    assert len(set(cases)) == len(cases)


@pytest.mark.parametrize("version", FOLDERS)
def test_every_row_names_tests_that_exist_and_every_test_has_its_rows(version: str) -> None:
    named: dict[str, list[str]] = {}
    for row in rows():
        if row.version == version:
            for test in row.tests:
                named.setdefault(test, []).append(row.case)
    assert sorted(named) == sorted(written(version))
    assert named == {test: cases_of(test) for test in named}


def test_a_row_without_a_test_says_what_is_missing() -> None:
    assert [row.case for row in rows() if bool(row.tests) is (row.open is not None)] == []


@pytest.mark.parametrize("version", FOLDERS)
def test_the_number_of_covered_cases_is_counted_right(version: str) -> None:
    text = TABLE.read_text(encoding="utf-8").partition(f"## {version}\n")[2]
    covered = [
        row
        for row in rows()
        if (row.version, row.section) == (version, "Central system") and row.tests
    ]
    stated = re.search(r"All (\d+) cases .*; (\d+) are covered", text)
    assert stated is not None
    assert (int(stated[1]), int(stated[2])) == (len(PUBLISHED[version]), len(covered))
