"""Fetching and delivering files over HTTP and FTP, as stations do for firmware and logs."""

import asyncio
import ftplib
from io import BytesIO
import ssl
from urllib.parse import unquote, urlsplit
import urllib.request

from .clock import Clock

TIMEOUT = 30.0


class TransferError(OSError):
    """A file could not be fetched or delivered."""


async def download(url: str, clock: Clock, context: ssl.SSLContext | None) -> bytes:
    """Return the content behind a URL."""
    if urlsplit(url).scheme == "ftp":
        with clock.busy(f"downloading {url}"):
            return await asyncio.to_thread(_ftp, url, None)
    request = urllib.request.Request(_checked(url))  # noqa: S310
    with clock.busy(f"downloading {url}"):
        return await asyncio.to_thread(_open, request, context)


async def upload(url: str, content: bytes, clock: Clock, context: ssl.SSLContext | None) -> None:
    """Put content at a URL."""
    if urlsplit(url).scheme == "ftp":
        with clock.busy(f"uploading to {url}"):
            await asyncio.to_thread(_ftp, url, content)
        return
    request = urllib.request.Request(  # noqa: S310
        _checked(url),
        data=content,
        method="PUT",
        headers={"Content-Type": "application/octet-stream"},
    )
    with clock.busy(f"uploading to {url}"):
        await asyncio.to_thread(_open, request, context)


def _ftp(url: str, content: bytes | None) -> bytes:
    """Store content, or return what is there where there is none to store."""
    parts = urlsplit(url)
    found = BytesIO()
    try:
        with ftplib.FTP(timeout=TIMEOUT) as client:  # noqa: S321
            client.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT)
            client.login(unquote(parts.username or ""), unquote(parts.password or ""))
            folder, _, name = unquote(parts.path).rpartition("/")
            if folder:
                client.cwd(folder)
            if content is None:
                client.retrbinary(f"RETR {name}", found.write)
            else:
                client.storbinary(f"STOR {name}", BytesIO(content))
    except (OSError, EOFError, ftplib.Error) as error:
        raise TransferError(str(error)) from error
    return found.getvalue()


def _checked(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"}:
        message = f"no way to reach {url}"
        raise TransferError(message)
    return url


def _open(request: urllib.request.Request, context: ssl.SSLContext | None) -> bytes:
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            content: bytes = response.read()
            return content
    except OSError as error:
        raise TransferError(str(error)) from error
