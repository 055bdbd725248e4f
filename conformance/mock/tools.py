"""The `tools` of a session: what is taken, what is refused, what the echo shows (CE, FLOW)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from conformance.mock import errors
from conformance.mock.errors import Fault, Json, Refused
from conformance.mock.switches import Switches

MOST_SERVERS = 8
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PRINTABLE = re.compile(r"[ -~]*")
_FORBIDDEN = ("mcp-", "proxy-", "x-forwarded-")
_FORBIDDEN_NAMES = frozenset(
    {
        "host", "authorization", "connection", "content-length", "transfer-encoding", "accept", "content-type",
        "forwarded", "cookie", "origin", "upgrade", "te", "trailer",
    }
)  # fmt: skip


def read(value: list[Any], *, mcp: bool, flat: str) -> list[Json]:
    """Return the tools that are taken; `flat` (error, dropped, accepted) is what becomes of the flat style."""
    taken: list[Json] = []
    for number, entry in enumerate(value):
        param = f"session.tools[{number}]"
        if not isinstance(entry, dict):
            raise Refused(errors.wrong_type(param, "an object", entry))
        kind = entry.get("type")
        if kind is None:
            raise Refused(errors.missing(f"{param}.type"))
        if kind == "function":
            if "function" not in entry and isinstance(entry.get("name"), str) and flat != "error":
                taken += [entry] if flat == "accepted" else []
                continue
            taken.append(_function(entry, param))
        elif kind == "mcp" and mcp:
            taken.append(_server(entry, param))
        else:
            listed = "function, mcp" if mcp else "function"
            raise Refused(errors.wrong_value(f"{param}.type", kind, f"Supported values are: {listed}."))
    labels = [entry["server_label"] for entry in taken if entry["type"] == "mcp"]
    if len(labels) > MOST_SERVERS:
        raise Refused(errors.not_allowed(f"At most {MOST_SERVERS} MCP servers are allowed.", "session.tools"))
    if len(set(labels)) < len(labels):
        raise Refused(errors.not_allowed("Each server_label must be unique.", "session.tools"))
    return taken


def _function(entry: Json, param: str) -> Json:
    param = f"{param}.function"
    function = entry.get("function")
    if function is None:
        raise Refused(errors.missing(param))
    if not isinstance(function, dict):
        raise Refused(errors.wrong_type(param, "an object", function))
    name = function.get("name")
    if name is None or name == "":
        raise Refused(errors.missing(f"{param}.name"))
    for key, kind, expected in (
        ("name", str, "a string"),
        ("description", str, "a string"),
        ("parameters", dict, "an object"),
    ):
        if function.get(key) is not None and not isinstance(function[key], kind):
            raise Refused(errors.wrong_type(f"{param}.{key}", expected, function[key]))
    parameters = function.get("parameters") or {}
    if parameters.get("type", "object") != "object":
        raise Refused(errors.wrong_value(f"{param}.parameters.type", parameters["type"], "It must be object."))
    return entry


def _server(entry: Json, param: str) -> Json:
    for name, longest in (("server_label", 64), ("server_url", 4096)):
        if entry.get(name) is None:
            raise Refused(errors.missing(f"{param}.{name}"))
        if not isinstance(entry[name], str):
            raise Refused(errors.wrong_type(f"{param}.{name}", "a string", entry[name]))
        if len(entry[name]) > longest:
            why = f"At most {longest} characters are allowed."
            raise Refused(errors.wrong_value(f"{param}.{name}", entry[name], why))
    if not _LABEL.fullmatch(entry["server_label"]):
        why = "Only letters, digits, _ and - are allowed."
        raise Refused(errors.wrong_value(f"{param}.server_label", entry["server_label"], why))
    if not _public(entry["server_url"]):
        why = "It must be a public https URL on port 443 without user and fragment."
        raise Refused(errors.wrong_value(f"{param}.server_url", entry["server_url"], why))
    secret = entry.get("authorization")
    if secret is not None and not (isinstance(secret, str) and len(secret) <= 8192 and _PRINTABLE.fullmatch(secret)):
        raise Refused(errors.not_allowed("authorization must be printable ASCII.", f"{param}.authorization"))
    headers = entry.get("headers")
    if headers is not None and not _headers(headers):
        raise Refused(errors.not_allowed("headers holds a header that is not allowed.", f"{param}.headers"))
    allowed = entry.get("allowed_tools")
    if allowed is not None and not (
        isinstance(allowed, list) and all(isinstance(name, str) and _TOOL_NAME.fullmatch(name) for name in allowed)
    ):
        raise Refused(errors.not_allowed("allowed_tools must be a list of names.", f"{param}.allowed_tools"))
    if entry.get("require_approval", "always") not in ("always", "never"):
        why = "Supported values are: always, never."
        raise Refused(errors.wrong_value(f"{param}.require_approval", entry["require_approval"], why))
    return entry


def _headers(headers: Any) -> bool:
    fits = isinstance(headers, dict) and len(headers) <= 16
    return fits and all(_header(name, value) for name, value in headers.items())


def _header(name: Any, value: Any) -> bool:
    if not (isinstance(name, str) and isinstance(value, str) and 1 <= len(name) <= 128 and len(value) <= 8192):
        return False
    lower = name.lower()
    return not lower.startswith(_FORBIDDEN) and lower not in _FORBIDDEN_NAMES and bool(_PRINTABLE.fullmatch(value))


def _public(url: str) -> bool:
    """Whether a URL is https on 443 without user or fragment; its host is not looked up, only literal ones are read."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    private = host == "localhost" or host.startswith(("127.", "10.", "192.168.", "169.254.", "::1", "fc", "fd"))
    return (
        parts.scheme == "https" and bool(host) and port in {None, 443} and "@" not in parts.netloc
        and "#" not in url and not (private and ("." in host or ":" in host or host == "localhost"))
    )  # fmt: skip


def shown(entry: Any) -> Any:
    """Return a tool as the echo shows it: an MCP server without its address and secrets."""
    if not isinstance(entry, dict) or entry.get("type") != "mcp":
        return entry
    return {name: value for name, value in entry.items() if name not in {"server_url", "authorization", "headers"}}


def beside_search(values: Json, patch: Json, switches: Switches) -> list[Fault]:
    """Tools and search exclude each other (CE, RT): what becomes of a configuration that has both."""
    if not (values.get("tools") and values.get("enable_search")):
        return []
    side = switches["tools-with-search"]
    if side == "tools-dropped":
        values["tools"] = []
    elif side == "search-dropped":
        values["enable_search"] = False
    elif side == "error":
        param = "session.enable_search" if "enable_search" in patch else "session.tools"
        return [errors.not_allowed("Tools and enable_search can't be used together.", param)]
    return []
