"""Turning a socket away at the door."""


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Refuse a socket with an HTTP status."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        """Name the status and the reason, which is counted."""
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers
