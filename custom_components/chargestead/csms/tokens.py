"""Whose a token is."""

from collections.abc import Iterable, Iterator

from ..model.driver import Driver, DriverToken, folded


class Tokens:
    """Finds the driver of a token, however a station writes it; where two have the same, the first one has it."""

    def __init__(self, drivers: Iterable[Driver] = ()) -> None:
        """Take the drivers as they are set up now."""
        self._found: dict[str, tuple[Driver, DriverToken]] = {}
        for driver in drivers:
            for token in driver.tokens:
                self._found.setdefault(folded(token.id_token), (driver, token))

    def __iter__(self) -> Iterator[DriverToken]:
        """Give every token once, in the order of the drivers."""
        return (token for _, token in self._found.values())

    def find(self, id_token: str | None) -> tuple[Driver, DriverToken] | None:
        """Return the driver of a token, and the token as it was set up."""
        return self._found.get(folded(id_token)) if id_token else None

    def driver_id(self, id_token: str | None) -> str | None:
        """Return the id of the driver of a token."""
        found = self.find(id_token)
        return found[0].driver_id if found else None
