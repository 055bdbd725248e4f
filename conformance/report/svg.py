"""Drawings as inline SVG: the silence chart, the trend of a history.

Colours come from the page's style sheet by class, so that both themes and print work.  No attribute and no text
reaches a drawing unescaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr


def text(x: float, y: float, content: str, cls: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:g}" y="{y:g}" class={quoteattr(cls)} text-anchor="{anchor}">{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{cls}"/>'


def drawing(parts: Iterable[str], height: float, label: str, *, width: float, cls: str = "drawing") -> str:
    """The whole picture with its name for those who don't see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{cls}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label={quoteattr(label)}>{"".join(parts)}</svg>'
    )


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


def trend(
    days: Sequence[float],
    series: Sequence[tuple[str, str, Sequence[float]]],
    marks: Sequence[tuple[float, str]],
    label: str,
) -> str:
    """Counts over time, a line each; `days` are Unix days, `series` (class, name, counts), `marks` (day, words)."""
    width, height, left, bottom, top = 720, 240, 40, 48, 30
    right = width - 14
    first, last = min(days), max(days)
    most = _ceil(max([1.0, *(value for _, _, values in series for value in values)]))

    def place(day: float, value: float) -> tuple[float, float]:
        share = (day - first) / (last - first) if last > first else 0.5
        return left + (right - left) * share, (height - bottom) - (height - bottom - top) * value / most

    parts = [line(left, height - bottom, right, height - bottom, "axis")]
    for part in (0, 0.5, 1):
        _, y = place(first, most * part)
        parts += [text(left - 6, y + 4, f"{most * part:g}", "tick", "end"), line(left, y, right, y, "grid")]
    for part, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        day = first + (last - first) * part
        x, _ = place(day, 0)
        name = datetime.fromtimestamp(day * 86400, UTC).strftime("%Y-%m-%d")
        parts.append(text(x, height - bottom + 16, name, "tick", anchor))
    for day, words in marks:
        x, _ = place(day, 0)
        drawn = line(x, top, x, height - bottom, "change")
        parts.append(f"<g>{drawn}<title>{escape(words)}</title></g>")
        parts.append(text(min(x + 4, right - 90), top - 4, words[:40], "tick"))
    for number, (cls, name, values) in enumerate(series):
        points = [place(day, value) for day, value in zip(days, values, strict=True)]
        if len(points) > 1:
            joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline points="{joined}" class="curve {cls}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="dot {cls}"/>' for x, y in points]
        x = left + 170 * number
        parts.append(f'<circle cx="{x + 5}" cy="{height - 10}" r="4" class="dot {cls}"/>')
        parts.append(text(x + 14, height - 6, name, "tick"))
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
