"""Drawings as inline SVG: the sequence diagram of a conversation, the silence chart, the latency strips.

Colours come from the page's style sheet by class, so that both themes and print work.  No attribute and no text
reaches a drawing unescaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from conformance.report.html_text import ms, one_line, plural
from conformance.report.html_trace import Row, close_words, kind, rows
from conformance.wire.transcript import Ending, Frame, Leg, Transcript

QUIET_MS = 1000.0
"""A gap this long is drawn."""
MAX_ROWS = 120
WIDTH = 900
CLIENT, SERVER = 110, 790  # x of the lanes
STEP = 30  # height of a row


def text(x: float, y: float, content: str, cls: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:g}" y="{y:g}" class={quoteattr(cls)} text-anchor="{anchor}">{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{cls}"/>'


def drawing(parts: Iterable[str], height: float, label: str, *, width: float = WIDTH, cls: str = "drawing") -> str:
    """The whole picture with its name for those who don't see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{cls}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label={quoteattr(label)}>{"".join(parts)}</svg>'
    )


# -- sequence diagram


class _Page:
    """Rows are added from top to bottom."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = 18.0

    def heading(self, content: str) -> None:
        self.y += STEP
        self.parts.append(text((CLIENT + SERVER) / 2, self.y, content, "seq-head", "middle"))
        self.y -= 4

    def arrow(self, row_side: str, content: str, *, at: str, note: str, cls: str) -> None:
        self.y += STEP
        start, end = (CLIENT, SERVER) if row_side == "client" else (SERVER, CLIENT)
        tip = -7 if end > start else 7
        self.parts.append(text(CLIENT - 12, self.y + 4, at, "seq-time", "end"))
        self.parts.append(line(start, self.y, end + tip / 2, self.y, f"seq-arrow {cls}"))
        self.parts.append(
            f'<path d="M{end} {self.y:g}l{tip} -4v8z" class="seq-tip {cls}"/>'  # the head of the arrow
        )
        self.parts.append(text((CLIENT + SERVER) / 2, self.y - 5, content, f"seq-text {cls}", "middle"))
        self.parts.append(text(SERVER + 12, self.y + 4, note, "seq-time"))

    def gap(self, content: str) -> None:
        self.y += STEP - 4
        self.parts.append(text((CLIENT + SERVER) / 2, self.y, content, "seq-gap", "middle"))

    def words(self, content: str, cls: str) -> None:
        self.y += STEP - 6
        self.parts.append(text((CLIENT + SERVER) / 2, self.y, content, cls, "middle"))


def sequence(transcript: Transcript, marked: frozenset[tuple[int, int]] = frozenset()) -> str:
    """The diagram of a conversation.  `marked`: frames, as (connection from 0, index), that break their schema."""
    page = _Page()
    page.parts.append(text(CLIENT, page.y, "client", "seq-lane", "middle"))
    page.parts.append(text(SERVER, page.y, "server", "seq-lane", "middle"))
    for number, leg in enumerate(transcript.legs):
        if len(transcript.legs) > 1:
            page.heading(f"connection {number + 1}")
        _leg(page, leg, number, marked)
    if transcript.stop is not None:
        waited = " or ".join(transcript.stop.waiting_for) or "the next step"
        page.words(
            one_line(f"✗ the script stopped here: {transcript.stop.why}; it was at {waited}, "
                     f"{ms(transcript.stop.waited_ms)}", 110),
            "seq-end bad",
        )  # fmt: skip
    if transcript.trouble is not None:
        page.words(one_line(f"! {transcript.trouble}", 110), "seq-end bad")
    height = page.y + 22
    lanes = [line(x, 26, x, height - 6, "seq-lane-line") for x in (CLIENT, SERVER)]
    count = sum(len(leg.frames) for leg in transcript.legs)
    label = f"Sequence diagram of {transcript.conversation}: {plural(count, 'frame')}, listed below as JSON"
    return drawing([*lanes, *page.parts], height, label, cls="drawing sequence")


def _leg(page: _Page, leg: Leg, number: int, marked: frozenset[tuple[int, int]]) -> None:
    status = leg.handshake.status
    opening = f"upgrade: HTTP {status}" if status is not None else f"no answer: {leg.handshake.problem or 'unknown'}"
    page.words(one_line(f"{opening}, {ms(leg.handshake.ms)}", 110), "seq-end" if status == 101 else "seq-end bad")
    folded = rows(leg)
    before: float | None = None
    for place, row in enumerate(folded):
        if place >= MAX_ROWS and place < len(folded) - 5:
            if place == MAX_ROWS:
                page.gap(f"{len(folded) - MAX_ROWS - 5} more arrows; all frames are listed below")
            continue
        if before is not None and row.at - before >= QUIET_MS:
            page.gap(f"quiet for {ms(row.at - before)}")
        bad = any((number, frame.index) in marked for frame in row.frames)
        _row(page, row, bad=bad)
        before = row.frames[-1].at
    page.words(ended(leg.ending), "seq-end" if leg.ending.clean else "seq-end bad")


def _row(page: _Page, row: Row, *, bad: bool) -> None:
    first = row.frames[0]
    cls = row.side
    if len(row.frames) > 1:
        content = ", ".join(f"{one_line(name, 60)} ×{count}" for name, count in row.kinds.items())  # noqa: RUF001
        if row.seconds:
            content += f" · {row.seconds:.1f} s of audio"
        note = f"#{first.index}–{row.frames[-1].index}"  # noqa: RUF001
    else:
        content = described(first)
        note = f"#{first.index}"
    if first.opcode == "close":
        cls += " closing"
    elif first.type == "error":
        cls += " bad"
        content = f"✗ {content}"
    if bad:
        cls += " bad"
        content += "  ⚠ breaks its schema"
    page.arrow(row.side, one_line(content, 88), at=ms(row.at), note=note, cls=cls)


def described(frame: Frame) -> str:
    """A frame in a few words: its type and what tells it from others of that type."""
    name = one_line(kind(frame), 70)
    event = frame.event
    if frame.opcode == "close":
        return f"close {one_line(close_words(frame), 70)}"
    if not isinstance(event, dict):
        return name
    if frame.label and frame.label != frame.type:
        return f"{name} · {one_line(frame.label, 40)}"
    error = event.get("error")
    if frame.type == "error" and isinstance(error, dict):
        return f"{name} {one_line(error.get('code') or error.get('type') or '', 40)}"
    response = event.get("response")
    if frame.type == "response.done" and isinstance(response, dict):
        return f"{name} {one_line(response.get('status', ''), 30)}"
    return name


def ended(ending: Ending) -> str:
    """How a connection ended, in words."""
    by = {"fin": "TCP ended by the server", "rst": "TCP reset by the server", "client": "TCP ended by the client",
          "timeout": "the server never ended TCP", "open": "left open"}[ending.tcp]  # fmt: skip
    how = "clean end" if ending.clean else "not a clean end"
    return one_line(f"{by} · {how}" + (f" · {ending.problem}" if ending.problem else ""), 110)


# -- charts


def scatter(points: Sequence[tuple[float, float]], *, x_name: str, y_name: str, label: str) -> str:
    """Points on two axes that begin at nought, joined in the order of x."""
    width, height, left, bottom = 360, 230, 48, 40
    right, top = width - 14, 34
    xs, ys = _ceil(max(x for x, _ in points)), _ceil(max(y for _, y in points))

    def place(x: float, y: float) -> tuple[float, float]:
        return left + (right - left) * x / xs, (height - bottom) - (height - bottom - top) * y / ys

    parts = [
        line(left, height - bottom, right, height - bottom, "axis"),
        line(left, top, left, height - bottom, "axis"),
    ]
    for part in (0, 0.5, 1):
        x, _ = place(xs * part, 0)
        _, y = place(0, ys * part)
        parts += [
            text(x, height - bottom + 16, f"{xs * part:g}", "tick", "middle"),
            text(left - 8, y + 4, f"{ys * part:g}", "tick", "end"),
            line(left, y, right, y, "grid"),
        ]
    parts += [
        text((left + right) / 2, height - 6, x_name, "tick", "middle"),
        text(0, top - 20, y_name, "tick"),
    ]
    ordered = sorted(points)
    if len(ordered) > 1:
        joined = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in ordered)
        parts.append(f'<polyline points="{joined}" class="curve"/>')
    for x, y in ordered:
        px, py = place(x, y)
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" class="dot"><title>{x:g}, {y:g}</title></circle>')
    return drawing(parts, height, label, width=width)


def _ceil(value: float) -> float:
    """The next round number for the end of an axis."""
    if value <= 0:
        return 1
    scale = 1.0
    while scale * 10 <= value:
        scale *= 10
    while scale > value:
        scale /= 10
    return next(scale * step for step in (1, 2, 4, 5, 8, 10) if scale * step >= value)


def strip(values: Sequence[float], median: float, longest: float, label: str) -> str:
    """One dot a measurement on a line from nought to `longest`, with a bar at the median."""
    width, height, left, right = 400, 34, 8, 330
    end = _ceil(longest)

    def place(value: float) -> float:
        return left + (right - left) * value / end

    parts = [line(left, 20, right, 20, "axis")]
    parts += [f'<circle cx="{place(value):.1f}" cy="20" r="4" class="dot soft"/>' for value in sorted(values)[:400]]
    parts.append(text(right + 8, 24, ms(end), "tick"))
    parts.append(line(place(median), 9, place(median), 31, "median"))
    return drawing(parts, height, label, width=width)


def shares(counts: Sequence[tuple[str, int]], label: str) -> str:
    """A bar that is divided as the counts are; `counts` are (class, number)."""
    width, height = 260, 14
    total = sum(number for _, number in counts) or 1
    parts, x = [], 0.0
    for cls, number in counts:
        part = width * number / total
        if number:
            parts.append(f'<rect x="{x:.1f}" y="0" width="{part:.1f}" height="{height}" class="share {cls}"/>')
        x += part
    return drawing(parts, height, label, width=width)
