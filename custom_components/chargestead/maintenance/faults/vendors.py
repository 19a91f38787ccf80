"""What codes of vendors mean: data, not code."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Final, Self

from ...model.fault import FaultKind

_FILE: Final = Path(__file__).parent / "vendor_codes.json"
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class VendorCode:
    """What a code means: which kind of fault, and the vendor's own word for it."""

    kind: FaultKind
    text: str | None


class VendorCodes:
    """The codes that are known, by vendor and, where it matters, model."""

    def __init__(self, codes: Mapping[tuple[str, str, str], VendorCode]) -> None:
        """Keep the codes; all parts of a key are in lower case, an empty model stands for any."""
        self._codes = codes

    @classmethod
    def load(cls) -> Self:
        """Read the file that comes with the integration; blocks. Raises OSError, ValueError or KeyError."""
        return cls.read(json.loads(_FILE.read_text(encoding="utf-8")))

    @classmethod
    def read(cls, content: Mapping[str, list[Mapping[str, object]]]) -> Self:
        """Take the content of the file: `vendors`, each with `names` (*: any), `models` (none: all) and `codes`.

        A vendor is found by the vendorId of a message as well as by what the station says of itself when it boots.
        Raises ValueError or KeyError for what cannot be understood.
        """
        found: dict[tuple[str, str, str], VendorCode] = {}
        for vendor in content["vendors"]:
            for name in _texts(vendor["names"]):
                for model in _texts(vendor.get("models", [])) or [""]:
                    for code in _items(vendor["codes"]):
                        key = (_folded(name), _folded(model), _folded(str(code["code"])))
                        if key in found:
                            msg = f"{key} is there twice"
                            raise ValueError(msg)
                        text = code.get("text")
                        found[key] = VendorCode(
                            FaultKind(str(code["kind"])), None if text is None else str(text)
                        )
        return cls(found)

    def find(
        self, code: str | None, *vendors: str | None, model: str | None = None
    ) -> VendorCode | None:
        """Return what a code means with the first of some vendors that knows it, else with any; None where nobody does.

        Several codes in one text are separated by commas; the first that is known counts.
        """
        for word in (_folded(part) for part in (code or "").split(",")):
            for vendor in (*vendors, _ANY):
                name = _folded(vendor or "")
                found = self._codes.get((name, _folded(model or ""), word))
                found = found or self._codes.get((name, "", word))
                if found is not None:
                    return found
        return None

    def __len__(self) -> int:
        """Return how many codes are known."""
        return len(self._codes)


NO_VENDOR_CODES: Final = VendorCodes({})


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        msg = "a list of texts is needed"
        raise ValueError(msg)  # noqa: TRY004 - the content is wrong, not the caller
    return [str(item) for item in value]


def _items(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list):
        msg = "a list of codes is needed"
        raise ValueError(msg)  # noqa: TRY004 - the content is wrong, not the caller
    return value
