"""What can be wrong with a tariff that somebody enters or sends."""

from ...model.errors import ChargesteadError


class TariffError(ChargesteadError):
    """A tariff cannot be understood.

    `code` is a translation key, `path` leads to the part that is wrong (`elements[0].restrictions.start_time`; empty
    for the whole), and `value` is what stands there, shortened, or None.
    """

    def __init__(self, code: str, path: str = "", value: object = None) -> None:
        """Keep what is wrong, and where."""
        shown = None if value is None else f"{value!s:.60}"
        super().__init__(" ".join(part for part in (path, code, shown) if part))
        self.code = code
        self.path = path
        self.value = shown
