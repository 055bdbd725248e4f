"""The opening HTTP exchange: what of a request is changed for the endpoint, and what is read of both."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

MOST = 65_536
"""Bytes of a head that are read."""
END = b"\r\n\r\n"


@dataclass(frozen=True)
class Head:
    """The head of a request or of an answer: its first line and its fields, as they were sent."""

    line: str
    fields: tuple[tuple[str, str], ...]

    @property
    def status(self) -> int | None:
        """The status of an answer; None for what is none."""
        parts = self.line.split(" ", 2)
        return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() and parts[0].startswith("HTTP/") else None

    def get(self, name: str) -> str | None:
        """The first field of this name."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)


def parsed(raw: bytes) -> Head:
    """Read a head; what is no field is left out."""
    first, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return Head(first, tuple((name.strip(), value.strip()) for name, _, value in pairs))


def readdressed(
    raw: bytes, upstream: str, key: str | None, headers: tuple[tuple[str, str], ...] = ()
) -> tuple[bytes, str]:
    """A request as the endpoint gets it, and the address that it asks for.

    `Host` is the endpoint's.  The path is the client's where it names one, else the endpoint's; its query is the
    client's and, of what that does not say, the endpoint's.  A key and `headers` take the place of what the client
    says under the same names, where they are given.
    """
    first, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, _, rest = first.partition(" ")
    asked, _, version = rest.rpartition(" ")
    parts, mine = urlsplit(upstream), urlsplit(asked)
    path = mine.path if mine.path not in {"", "/"} else parts.path or "/"
    said = {pair.partition("=")[0] for pair in mine.query.split("&") if pair}
    query = "&".join(
        [*filter(None, mine.query.split("&")),
         *(pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in said)]
    )  # fmt: skip
    target = f"{path}?{query}" if query else path
    replaced = {"host", *({"authorization"} if key else ()), *(name.lower() for name, _ in headers)}
    kept = [line for line in lines if line.partition(":")[0].strip().lower() not in replaced]
    own = ([("Authorization", f"Bearer {key}")] if key else []) + list(headers)
    added = [f"{name}: {value}" for name, value in (("Host", parts.netloc.rpartition("@")[2]), *own)]
    made = "\r\n".join([f"{method} {target} {version}", *added, *kept])
    return made.encode("latin-1") + END, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{target}"
