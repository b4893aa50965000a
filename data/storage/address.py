"""Where a store lies: in a folder, or under a URL of object storage, of which a folder of this machine is the copy.

Everything else is told a folder. That of a copy holds `origin.json`, by which `Store.open` knows it
(docs/decisions/0125-a-store-on-object-storage.md).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from uuid import uuid4

from data.errors import MvpodError

ORIGIN = "origin.json"
_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[^%?#\\\x00-\x1f]*))?")


def located(address: str | Path) -> Path:
    """The folder in which the store of that name is read and written; that of a URL is made if need be.

    MvpodError E_S3_URL (not the address of a store), E_CACHE (the copies' folder cannot be written).
    """
    text = str(address)
    if "://" not in text:
        return Path(address)
    bucket, prefix = parsed(text)
    url = f"s3://{bucket}/{prefix}".rstrip("/")
    name = re.sub(r"\W+", "-", f"{bucket}-{prefix}").strip("-")[:60]
    folder = cache_folder() / "stores" / f"{name}-{hashlib.sha256(f'{endpoint()} {url}'.encode()).hexdigest()[:10]}"
    if not (folder / ORIGIN).is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fresh = folder / f".{uuid4().hex}"
            fresh.write_text(json.dumps({"url": url, "copy": uuid4().hex}), encoding="utf-8")
            fresh.replace(folder / ORIGIN)
        except OSError as error:
            raise MvpodError("E_CACHE", folder=str(folder), found=error.strerror) from error
    return folder


def parsed(url: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix`; MvpodError E_S3_URL.

    >>> parsed("s3://sales/mvpod/store/"), parsed("s3://sales")
    (('sales', 'mvpod/store'), ('sales', ''))
    """
    found = _URL.fullmatch(url)
    prefix = ((found["prefix"] or "") if found else "").strip("/")
    if not found or (prefix and any(part in ("", ".", "..") for part in prefix.split("/"))):
        raise MvpodError("E_S3_URL", found=url)
    return found["bucket"], prefix


def origin(folder: Path) -> dict[str, str] | None:
    """Of which URL a folder is the copy (`url`, and the name `copy` that no other copy has); None for a local store."""
    try:
        found: dict[str, str] = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MvpodError("E_CACHE", folder=str(folder), found=ORIGIN) from error
    return found


def said(folder: Path) -> str:
    """A store's name as people know it: the folder, or the URL of which it is the copy."""
    found = origin(folder)
    return found["url"] if found else str(folder)


def endpoint() -> str:
    """The server that speaks S3; '' for Amazon's own."""
    return (os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "").rstrip("/")


def cache_folder() -> Path:
    """Where copies lie: MVPOD_CACHE, else `mvpod` in the user's cache folder."""
    if given := os.environ.get("MVPOD_CACHE"):
        return Path(given).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base).absolute() / "mvpod"
