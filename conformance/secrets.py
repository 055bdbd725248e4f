"""Every secret that a run holds, and what masks them all, in whatever form they come back.

A server may quote a key as it is, percent-encoded, as JSON or HTML escapes (nested, or for some letters only), in hex
or in Base64, in capitals, or cut.  So a text is first read as what it stands for: small letters, escapes undone, no
backslashes.  In that, each secret has few forms, and a few searches for a constant tell that there is nothing, which is
what nearly every text has.  Only a hit is traced back to the place where it stands.

A part is found from eight characters on that begin or end a secret; `MASK` has eight, so no text becomes longer.
"""

from __future__ import annotations

import base64
import html
import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from conformance import data, guarded
from conformance.cut import MASK

SHORTEST = len(MASK)
"""Characters of the shortest secret, and of the shortest part of one, that is masked."""

ROUNDS = 4  # a frame is JSON, its line in a record is JSON, a page escapes both: escapes of escapes of escapes
HOLDERS = ("DASHSCOPE_", "BAILIAN_", "ALIBABA_CLOUD_")
PROXIES = frozenset({"https_proxy", "http_proxy", "all_proxy"})
_HOLDS = re.compile(r"(API_?KEY|ACCESS_KEY|SECRET|PASSWORD|TOKEN)")
_NAMES_ONE = re.compile(r"key|token|secret|passw|pwd|signature|^sig$|auth|credential", re.IGNORECASE)
_SCHEME = re.compile(r"^[A-Za-z]+ +(?=\S+$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# A run of backslashes is one match, so no text is looked at twice.
_ESCAPE = re.compile(r"\\++(?:u[0-9a-f]{4}|x[0-9a-f]{2})?|%[0-9a-f]{2}|&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});?")


class SecretError(ValueError):
    """A secret can't be kept secret; the message says which one and why, and holds nothing of it."""


@dataclass(frozen=True)
class Hit:
    """Where a text holds a secret, or a part of one: `text[start:end]`, which secret (its number) and in which form."""

    start: int
    end: int
    of: int
    form: str
    whole: bool


@dataclass(frozen=True)
class _Form:
    """One way to write a secret, as it reads with escapes undone, and what the shortest parts of it begin and end in.

    A part without a length could not be told from our own words.
    """

    of: int
    name: str
    text: str
    head: str
    tail: str


class Secrets:
    """Secrets to look for; without any, every text is free of them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = tuple(dict.fromkeys(value for value in values if len(value) >= SHORTEST))
        self._forms = _all_forms(self._values)
        self._needles = tuple(dict.fromkeys(part for form in self._forms for part in (form.head, form.tail) if part))

    def __repr__(self) -> str:
        return f"<{len(self._values)} secrets>"

    def __bool__(self) -> bool:
        return bool(self._values)

    def __or__(self, others: Iterable[str]) -> Secrets:
        """These secrets and `others`; the numbers of these stay."""
        return Secrets((*self._values, *others))

    def number(self, value: str) -> int | None:
        """The number of a secret, as hits tell it; None when it is none of these."""
        return self._values.index(value) if value in self._values else None

    def found(self, text: str) -> bool:
        """Whether any secret, or a part of one, is in `text`."""
        if not self._needles:
            return False
        return any(map(_read(text).__contains__, self._needles))

    def hits(self, text: str) -> list[Hit]:
        """Where the secrets are, in order and apart."""
        if not self.found(text):
            return []
        read, places = _placed(text)
        found = sorted(
            ((start, end, form) for form in self._forms for start, end in _spans(read, form)),
            key=lambda span: (span[0], -span[1]),
        )
        hits: list[Hit] = []
        for start, end, form in found:
            at, to, whole = places[start], places[end], end - start == len(form.text)
            if hits and at < hits[-1].end:
                last = hits[-1]
                # The head and the tail of one secret: what was between them is another form of its middle.
                named = last if last.whole or not whole else Hit(at, to, form.of, _named(text[at:to], form), whole)
                hits[-1] = Hit(last.start, max(last.end, to), named.of, named.form, last.whole or whole)
            else:
                hits.append(Hit(at, to, form.of, _named(text[at:to], form), whole))
        return hits

    def mask(self, text: str) -> str:
        """`text` without the secrets."""
        return covered(text, self.hits(text))

    def mask_bytes(self, payload: bytes) -> bytes:
        """`payload` without the secrets."""
        text = payload.decode("latin-1")
        hits = self.hits(text)
        return covered(text, hits).encode("latin-1") if hits else payload

    def mask_json(self, text: str) -> str:
        """A text without the secrets, which is JSON if it was."""
        return self.still_json(text, self.mask(text))

    def still_json(self, text: str, masked: str) -> str:
        """What was masked of a text, made anew where the mask fell on more than strings."""
        if masked == text:
            return text
        try:
            value = guarded.parse(text)
        except guarded.Refused:
            return masked
        try:
            guarded.parse(masked)
        except guarded.Refused:
            return json.dumps(self._value(value), ensure_ascii=False, separators=(",", ":"))
        return masked

    def _value(self, value: Any) -> Any:
        """A JSON value with its strings, names and numbers masked."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask(name): self._value(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._value(one) for one in value]
        return MASK if self.found(json.dumps(value)) else value

    def shown(self, url: str) -> str:
        """A URL as it may be kept and shown: no user information, no secret."""
        return self.mask(without_login(url))


def covered(text: str, hits: Iterable[Hit]) -> str:
    """`text` with a mask in place of each hit."""
    parts: list[str] = []
    at = 0
    for hit in hits:
        parts += text[at : hit.start], MASK
        at = hit.end
    return "".join((*parts, text[at:]))


# -- what a run holds


def held(
    env: Mapping[str, str],
    endpoint: str | None = None,
    *,
    headers: Iterable[tuple[str, str]] = (),
    others: Iterable[tuple[str, str]] = (),
    strict: bool = True,
) -> Secrets:
    """The secrets of an environment, of an endpoint's URL, of headers that it is sent, and `others` with their names.

    Raises SecretError for one that is too short, that no header can carry, or that is a word of what a run writes;
    not `strict`, it leaves them out: a command that sends nothing need not refuse them.
    """
    named = [*_of_environment(env), *of_url(env.get("BAILIAN_PROMETHEUS_URL", ""), "BAILIAN_PROMETHEUS_URL")]
    for where, url in (("REALTIME_ENDPOINT", env.get("REALTIME_ENDPOINT")), ("--endpoint", endpoint)):
        named += of_url(url or "", where)
    named += [*others, *((f"the value of --header {name}", of_header(value)) for name, value in headers)]
    for what, value in named:
        if strict and (why := _unfit(value)) is not None:
            raise SecretError(f"{what} {why}")
    # A proxy's login is not set for this run, so one that can't be masked is no reason to refuse it.
    for name, url in env.items():
        named += of_url(url, name) if name.lower() in PROXIES else []
    return Secrets(value for _, value in named if _unfit(value) is None)


def _of_environment(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in env.items():
        one = name.startswith(HOLDERS) and _HOLDS.search(name) and not name.endswith(("_PATH", "_FILE", "_URL"))
        if one and value.strip():
            yield f"${name}", value.strip()


def of_url(url: str, where: str) -> list[tuple[str, str]]:
    """What is secret in a URL, each with a name for it: the login, and what a member of the query is called."""
    try:
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return []  # whoever uses the URL says that it is none
    login = password or user
    found = [(f"the login in {where}", login)] if login else []
    return found + [
        (f"`{name}` in {where}", value) for name, value in parse_qsl(parts.query) if _NAMES_ONE.search(name)
    ]


def of_header(value: str) -> str:
    """What is secret in a header's value: what is before a credential names its scheme, a word of many texts."""
    return _SCHEME.sub("", value)


def without_login(url: str) -> str:
    """The URL without user information."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def _unfit(value: str) -> str | None:
    """Why this can't be masked without doubt, or None."""
    if _CONTROL.search(value):
        return "holds a line end or another control character"
    if len(value) < SHORTEST:
        return f"has fewer than {SHORTEST} characters, and could not be told from other words"
    if _plain(value) in _own_words():
        return "is a word of what a run writes down, and could not be masked without spoiling it"
    return None


# -- forms


@lru_cache(maxsize=64)
def _all_forms(values: tuple[str, ...]) -> tuple[_Form, ...]:
    return tuple(form for number, value in enumerate(values) for form in _forms(number, value))


def _forms(number: int, value: str) -> Iterator[_Form]:
    raw = value.encode("utf-8", "surrogatepass")
    bytewise = raw.decode("latin-1")  # how bytes are searched, and what percent-encoding stands for
    spelled = {_plain(form) for form in (value, bytewise, value.replace(" ", "+"))}
    for plain in sorted(spelled):
        yield _Form(number, "plain", plain, _begins(plain), _ends(plain))
    for between in ("", " ", ":"):
        yield _Form(number, "hex", *(part.hex(*between) for part in (raw, raw[:SHORTEST], raw[-SHORTEST:])))
    for lead in range(3):  # where the secret begins in its group of three bytes
        coded = base64.b64encode(b"\0" * lead + raw + b"\0\0").decode().lower()
        # Letters of six bits that no neighbour has a part in: of all, of the first and of the last eight bytes.
        first, last = -(-lead * 8 // 6), (lead + len(raw)) * 8 // 6
        head, tail = (lead + SHORTEST) * 8 // 6, -(-(lead + len(raw) - SHORTEST) * 8 // 6)
        for text in {coded, coded.replace("+", "-").replace("/", "_")}:
            yield _Form(number, "Base64", text[first:last], text[first:head], text[tail:last])


def _begins(plain: str) -> str:
    """The shortest beginning to look for: eight characters, or more where these are our own words."""
    return next((plain[:size] for size in range(SHORTEST, len(plain) + 1) if plain[:size] not in _own_words()), "")


def _ends(plain: str) -> str:
    return next((plain[-size:] for size in range(SHORTEST, len(plain) + 1) if plain[-size:] not in _own_words()), "")


@lru_cache(maxsize=1)
def _own_words() -> str:
    """What the suite itself writes into records and pages: no mask may fall into it."""
    here = data.schemas(), *(data.package() / name for name in ("spec", "report/templates", "report/assets"))
    kinds = {".json", ".toml", ".j2", ".css", ".js"}
    found = (path for folder in here for path in folder.rglob("*") if path.suffix in kinds)
    files = sorted(path for path in found if "__pycache__" not in path.parts)  # an older version kept tables there
    return "\n".join(_plain(path.read_text(encoding="utf-8")) for path in files)


def _named(text: str, form: _Form) -> str:
    """The form's name, told from how the text is written."""
    if form.name != "plain":
        return form.name
    if "%" in text:
        return "percent-encoded"
    return "escaped" if "\\" in text or "&" in text else "plain"


# -- reading


def _small(text: str) -> str:
    small = text.lower()
    return small if len(small) == len(text) else "".join(low if len(low := one.lower()) == 1 else one for one in text)


def _plain(value: str) -> str:
    return _read(value)


def _read(text: str) -> str:
    """What a text stands for, in small letters: escapes undone, escapes of escapes, too, and no backslashes."""
    read = _small(text)
    for _ in range(ROUNDS):
        if "\\" in read:
            read = read.replace('\\"', '"')  # by far the most common; what is left of them has no order
            if "\\u" not in read and "\\x" not in read:
                read = read.replace("\\", "")
        if "\\" not in read and "%" not in read and "&" not in read:
            break
        before, read = read, _ESCAPE.sub(lambda escape: _undone(escape[0]), read)
        if read == before:
            break
    return read


@lru_cache(maxsize=4096)
def _undone(escape: str) -> str:
    """What an escape stands for; "" for backslashes alone, itself where it stands for nothing."""
    if escape[0] == "&":
        character = html.unescape(escape.rstrip(";") + ";")
        return _small(character) if len(character) == 1 else escape
    digits = escape.lstrip("\\ux%")
    return _small(chr(int(digits, 16))) if digits else ""


def _placed(text: str) -> tuple[str, array[int] | range]:
    """Like `_read`, and where each of its characters begins in `text`; the last place is the end.

    A backslash belongs to what follows it.
    """
    read = _small(text)
    places: array[int] | range = range(len(text) + 1)
    for _ in range(ROUNDS):
        if "\\" not in read and "%" not in read and "&" not in read:
            break
        parts: list[str] = []
        moved = array("q")
        at, begun = 0, None
        for escape in _ESCAPE.finditer(read):
            start = escape.start()
            if start > at:
                parts.append(read[at:start])
                moved.extend(places[at:start])
                moved[-(start - at)] = places[at] if begun is None else begun
                begun = None
            here = places[start] if begun is None else begun
            character = _undone(escape[0])
            if character == escape[0]:  # stands for nothing: its letters are letters
                moved.append(here)
                moved.extend(places[start + 1 : escape.end()])
                begun = None
            elif character:
                moved.append(here)
                begun = None
            else:
                begun = here
            parts.append(character)
            at = escape.end()
        parts.append(read[at:])
        if at < len(read):
            moved.append(places[at] if begun is None else begun)
            moved.extend(places[at + 1 : len(read)])
        moved.append(places[len(read)])
        before, read, places = read, "".join(parts), moved
        if read == before:
            break
    return read, places


def _spans(read: str, form: _Form) -> Iterator[tuple[int, int]]:
    """Where the form begins or ends in what was read, as far as it goes on."""
    if form.head:
        start = read.find(form.head)
        while start >= 0:
            size = len(form.head)
            while size < len(form.text) and read[start + size : start + size + 1] == form.text[size]:
                size += 1
            yield start, start + size
            start = read.find(form.head, start + 1)
    if form.tail:
        start = read.find(form.tail)
        while start >= 0:
            end, size = start + len(form.tail), len(form.tail)
            while size < len(form.text) and end > size and read[end - size - 1] == form.text[-size - 1]:
                size += 1
            yield end - size, end
            start = read.find(form.tail, start + 1)
