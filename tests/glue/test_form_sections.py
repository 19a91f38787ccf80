"""Forms with sections: what they show is what they were filled in with, and what is wrong is told where it is."""

from homeassistant.data_entry_flow import section
import probatio
import pytest

from custom_components.chargestead.form_sections import flattened, in_sections, place_of

FORM = probatio.Schema(
    {
        probatio.Required("name"): str,
        probatio.Required("taxes"): section(
            probatio.Schema({probatio.Optional("vat"): str, probatio.Optional("levy"): str})
        ),
        probatio.Optional("note"): str,
    }
)


@pytest.mark.parametrize(
    ("filled", "flat"),
    [
        ({"name": "Home", "taxes": {"vat": "21"}}, {"name": "Home", "vat": "21"}),
        ({"name": "Home", "taxes": {}}, {"name": "Home"}),
        (
            {"name": "Home", "taxes": {"vat": "21", "levy": "0.1"}, "note": "n"},
            {"name": "Home", "vat": "21", "levy": "0.1", "note": "n"},
        ),
    ],
)
def test_sections_are_for_show_only(filled: dict[str, object], flat: dict[str, object]) -> None:
    assert flattened(FORM, filled) == flat
    assert in_sections(FORM, flat).items() >= filled.items()


@pytest.mark.parametrize(
    ("field", "place"),
    [("name", "name"), ("note", "note"), ("vat", "taxes"), ("levy", "taxes"), ("source", "base")],
)
def test_what_is_wrong_is_told_where_the_form_can_show_it(field: str, place: str) -> None:
    assert place_of(FORM, field) == place
