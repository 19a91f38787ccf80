"""Fails where the tests that ran last left more of a module alone than it may have: `python -m scripts.covered 93`."""

from collections.abc import Mapping
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from typing import Any

from coverage import Coverage


def thin(report: Mapping[str, Any], least: float) -> dict[str, float]:
    """Return the modules of a report of coverage that are below a percentage of lines and branches, with their own."""
    covered = {name: file["summary"]["percent_covered"] for name, file in report["files"].items()}
    return {name: percent for name, percent in sorted(covered.items()) if percent < least}


def last_report() -> dict[str, Any]:
    """Return the report of the tests that ran last."""
    measured = Coverage()
    measured.load()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(path))
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def main(least: float) -> int:
    """Name the modules that are below; return how the process is to end."""
    found = thin(last_report(), least)
    for name, percent in found.items():
        print(f"{name} is covered by {percent:.1f} %, and is to be by {least:g} %")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
