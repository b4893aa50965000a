"""Objects under one URL: read, written, written only if absent or unchanged, listed, removed. Only here is S3 spoken.

Names are paths inside the store. What the server or the network answers becomes a MvpodError; credentials come from
the AWS_* variables of the environment and appear nowhere else.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from data.errors import MvpodError
from data.storage.address import endpoint, parsed

#: Any of these says who asks. The address that knows the role of a rented machine is not asked: nothing is called
#: that nobody named.
_WHO = (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",), ("AWS_CONTAINER_CREDENTIALS_FULL_URI",))
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d+)")
_UNKNOWN = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "InvalidClientTokenId",
            "AuthorizationHeaderMalformed", "TokenRefreshRequired")


@dataclass(frozen=True)
class Seen:
    """One object of a listing: its name, bytes, the server's time of its last change, its ETag."""

    name: str
    size: int
    changed_at: datetime
    tag: str | None


class Bucket:
    """The objects under `s3://bucket/prefix`."""

    def __init__(self, url: str) -> None:
        self.url = url
        bucket, prefix = parsed(url)
        server = endpoint()
        _refuse_plain(server)
        if not any(all(os.environ.get(name) for name in way) for way in _WHO):
            raise MvpodError("E_S3_CREDENTIALS", store=url, found="-")
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._store = S3Store(
            bucket, prefix=prefix or None, config={"region": region, **({"endpoint": server} if server else {})},
            client_options={"allow_http": server.startswith("http:"), "connect_timeout": "5s", "read_timeout": "30s",
                            "timeout": "1h"},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)})

    def listed(self, prefix: str = "") -> list[Seen]:
        """All objects whose names begin with the folder `prefix`."""
        with self._explained():
            return [_seen(meta) for page in obstore.list(self._store, prefix or None) for meta in page]

    def beside(self, prefix: str = "") -> list[Seen]:
        """The objects that lie in the folder `prefix` itself."""
        with self._explained():
            return [_seen(meta) for meta in obstore.list_with_delimiter(self._store, prefix or None)["objects"]]

    def read(self, name: str) -> tuple[bytes, str | None]:
        """A small object and its ETag; FileNotFoundError."""
        with self._explained():
            found = obstore.get(self._store, name)
            return bytes(found.bytes()), found.meta["e_tag"]

    def fetch(self, name: str, target: Path) -> str:
        """Brings an object into a file, which is there whole or not at all; gives its sha256. FileNotFoundError."""
        digest = hashlib.sha256()
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{uuid4().hex}")
        try:
            with self._explained(), fresh.open("wb") as file:
                for piece in obstore.get(self._store, name).stream():
                    digest.update(piece)
                    file.write(piece)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        return digest.hexdigest()

    def put(self, name: str, content: Path | bytes) -> None:
        """Writes an object, in place of what it was."""
        with self._explained():
            obstore.put(self._store, name, content)

    def put_if(self, name: str, content: bytes, tag: str | None) -> str | None:
        """Writes an object that must not be there yet (`tag` None) or still have that ETag; gives the new ETag.

        None: the condition does not hold. An answer that was lost on the way is not taken for a refusal: what stands
        there is compared with `content`, which must be like no other.
        """
        try:
            with self._explained():
                return obstore.put(self._store, name, content, mode={"e_tag": tag} if tag else "create")["e_tag"]
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            try:
                stands, found = self.read(name)
            except FileNotFoundError:
                return None
            return found if stands == content else None

    def remove(self, names: list[str]) -> None:
        """Removes objects; those that are not there are fine."""
        with self._explained():
            if names:
                obstore.delete(self._store, names)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns answers into MvpodErrors; an absent object and a condition that does not hold stay what they are."""
        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, FileNotFoundError) as error:
            text = str(error)
            code = next(iter(_CODE.findall(text)), "")
            if isinstance(error, FileNotFoundError) and code != "NoSuchBucket":
                raise FileNotFoundError(text.split(" not found")[0]) from None
            raise self._meant(error, code, text) from None

    def _meant(self, error: Exception, code: str, text: str) -> MvpodError:
        status = next(iter(_STATUS.findall(text)), "")
        if code == "NoSuchBucket":
            return MvpodError("E_S3_BUCKET", store=self.url)
        if code in _UNKNOWN or isinstance(error, UnauthenticatedError):
            return MvpodError("E_S3_CREDENTIALS", store=self.url, found=code or status)
        if status == "403" or isinstance(error, PermissionDeniedError):
            return MvpodError("E_S3_DENIED", store=self.url, found=code or status)
        if not status:
            return MvpodError("E_S3_REACH", store=self.url, endpoint=endpoint() or "Amazon S3")
        return MvpodError("E_S3_FAILED", store=self.url, found=code or status)


def _seen(meta: Any) -> Seen:
    return Seen(meta["path"], meta["size"], meta["last_modified"], meta["e_tag"])


def _refuse_plain(server: str) -> None:
    """Unencrypted only to this machine, or where it is asked for."""
    if not server.startswith("http:") or os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes"):
        return
    host = urlsplit(server).hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if not is_here:
        raise MvpodError("E_S3_HTTP", endpoint=server)
