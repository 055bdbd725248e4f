"""The window of a running proxy: a page on this machine that renews itself, and the report of what was judged so far.

It is served on loopback only, and only to who asks for this machine by its name: a page of somebody else's, in the same
browser, can't read it.
"""

from __future__ import annotations

import asyncio
import html
from pathlib import Path

from conformance.proxy.bench import NOW
from conformance.proxy.server import Line, Proxy

EVERY = 2  # seconds
MOST = 200  # sessions on the page, the newest first
NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8884}"
    "li{margin:.2rem 0}.bad{font-weight:600}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}"
)


async def serve(proxy: Proxy, port: int) -> asyncio.Server:
    """Serve the window."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                raw = await reader.readuntil(b"\r\n\r\n")
            status, body = _page(proxy, raw.decode("latin-1"))
            refresh = f"Refresh: {EVERY}\r\n" if status == 200 else ""
            writer.write(
                f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}\r\nContent-Type: text/html; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
                f"X-Content-Type-Options: nosniff\r\n{refresh}Connection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever asked has left
        finally:
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port)


def _page(proxy: Proxy, raw: str) -> tuple[int, bytes]:
    first, *fields = raw.split("\r\n")
    host = next((line.partition(":")[2].strip() for line in fields if line.lower().startswith("host:")), "")
    if host.rpartition(":")[0] not in NAMES:
        return 403, b"ask for 127.0.0.1\n"
    path = first.split(" ")[1] if first.startswith("GET ") and first.count(" ") == 2 else ""
    if path == "/":
        return 200, live(proxy).encode()
    report = report_of(proxy.directory)
    if path == "/report" and report is not None:
        return 200, report.read_bytes()
    return 404, b"nothing is here yet\n"


def report_of(directory: Path) -> Path | None:
    """The newest report there is."""
    return next((path for path in (directory / NOW / "report.html", directory / "report.html") if path.is_file()), None)


def live(proxy: Proxy) -> str:
    """The page of sessions, newest first."""
    rows = "".join(_row(line) for line in reversed(proxy.lines[-MOST:]))
    report = '<p><a href="/report">Report of all sessions that are over</a></p>' if proxy.judged else ""
    where = html.escape(proxy.upstream.url.partition("?")[0])
    head = "<tr><th>Session<th>State<th>Server<th>Client</tr>"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{proxy.sessions} sessions</title>'
        f"<style>{STYLE}</style><h1>Sessions through the proxy</h1>"
        f"<p>To {where}. {proxy.sessions} so far, {proxy.judged} judged.</p>"
        f"{report}<table><thead>{head}</thead><tbody>{rows}</tbody></table></html>"
    )


def _row(line: Line) -> str:
    session = line.session
    told = line.told
    state = line.words.split(";")[0].partition(", ")[2] if told is not None else (
        f"open; {session.counts['client']} events to the server, {session.counts['server']} back"
    )  # fmt: skip
    return (
        f"<tr><td>{line.name}<td>{html.escape(state)}<td>{_list(told.server if told else None)}"
        f"<td>{_list(told.client if told else None)}</tr>"
    )


def _list(broken: tuple[tuple[str, str, str], ...] | None) -> str:
    if broken is None:
        return "not over"
    if not broken:
        return "nothing found"
    items = (
        f'<li><span class="bad">{html.escape(clause)}</span> ({html.escape(level)}) {html.escape(said[:300])}</li>'
        for clause, level, said in broken
    )
    return f"<ul>{''.join(items)}</ul>"
