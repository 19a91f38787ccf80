"""The tool that holds each module to its coverage."""

from scripts.covered import thin


def report(**modules: float) -> dict[str, object]:
    """Return a report of coverage."""
    return {
        "files": {name: {"summary": {"percent_covered": value}} for name, value in modules.items()}
    }


def test_modules_below_are_named_and_no_average_hides_them() -> None:
    found = report(zebra=94.99, ape=0, bear=95, cat=100, dog=95.01)
    assert thin(found, 95) == {"ape": 0, "zebra": 94.99}


def test_with_all_modules_well_covered_there_is_nothing_to_say() -> None:
    assert thin(report(ape=95, bear=100), 95) == {}
