"""The one way out of the process: whatever is shown or logged passes here, and what was written is searched once more.

What an endpoint sends is masked where it comes in, so nothing should be left to mask.  But a traceback shows values
that no record holds, the WebSocket library logs the headers that it sends, and pytest writes files of its own.  Here is
also where control characters become visible: server text must not move a cursor, or colour what it likes.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pluggy import HookimplMarker

from conformance.secrets import Secrets, covered

if TYPE_CHECKING:
    import pytest

hookimpl = HookimplMarker("pytest")  # what pytest.hookimpl is; pytest itself would be half of what `report` imports

CHUNK = 1 << 20  # characters of a file that are searched at a time
SEAM = 4096  # characters on each side of where two of them meet: a long secret with all its letters escaped
TAIL = 512  # characters that are remembered of what was last written to a stream
# What is no text: C0 and C1 controls but for line end and tab, marks that turn the direction, halves of pairs.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Colours, and the progress that newer versions of pytest tell a terminal.
_STYLE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]9;4;[0-9;]*\x1b\\")


def visible(text: str, *, styled: bool = False) -> str:
    """`text` with control characters as escapes; `styled` leaves the terminal's colours alone."""
    if _CONTROL.search(text) is None:
        return text
    if not styled:
        return _CONTROL.sub(_escaped, text)
    parts: list[str] = []
    at = 0
    for style in _STYLE.finditer(text):
        parts += _CONTROL.sub(_escaped, text[at : style.start()]), style[0]
        at = style.end()
    return "".join((*parts, _CONTROL.sub(_escaped, text[at:])))


def _escaped(character: re.Match[str]) -> str:
    code = ord(character[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class Screened:
    """A text stream on which no secret and no control character is written, also not in two writes.

    `styled` says whether its terminal shows colours.
    """

    def __init__(self, stream: Any, secrets: Secrets, *, styled: bool = False) -> None:
        self._stream = stream
        self._secrets = secrets
        self._styled = styled
        self._tail = ""

    def write(self, text: str) -> int:
        """Write what may be shown of a text."""
        begun = len(text) - len(text.lstrip("\r"))  # the live line goes back to its beginning
        shown = text[:begun] + visible(text[begun:], styled=self._styled)
        if self._secrets:
            told = self._tail + shown
            seam = len(self._tail)
            # What was written before holds fewer than eight characters of a secret that goes on here.
            hits = [hit for hit in self._secrets.hits(told) if hit.end > seam]
            if hits:
                shown = covered(told, hits)[min(seam, hits[0].start) :]
            self._tail = (told if not hits else shown)[-TAIL:]
        self._stream.write(shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of `lines`."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def screened(secrets: Secrets, styled: Callable[[Any], bool] = lambda stream: False) -> Iterator[None]:
    """Let standard output, standard error and every logger show no secret inside."""
    before = sys.stdout, sys.stderr
    ours = tuple(Screened(stream, secrets, styled=styled(stream)) for stream in before)
    sys.stdout, sys.stderr = ours
    factory = logging.getLogRecordFactory()
    logging.setLogRecordFactory(_masking(factory, secrets))
    try:
        yield
    finally:
        logging.setLogRecordFactory(factory)
        # Somebody may have put a stream of his own on top of ours, and takes it away himself.
        sys.stdout = before[0] if sys.stdout is ours[0] else sys.stdout
        sys.stderr = before[1] if sys.stderr is ours[1] else sys.stderr


def _masking(factory: Callable[..., logging.LogRecord], secrets: Secrets) -> Callable[..., logging.LogRecord]:
    """A maker of log records whose words every handler may have."""

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = factory(*args, **kwargs)
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001  # arguments that do not fit are told by whoever writes the record
            return record
        record.msg, record.args = visible(secrets.mask(said)), None
        if record.exc_info:
            record.exc_text = secrets.mask(logging.Formatter().formatException(record.exc_info))
        return record

    return make


def coloured(config: pytest.Config) -> Callable[[Any], bool]:
    """Whether pytest colours what it writes to a stream."""
    from _pytest._io.terminalwriter import should_do_markup  # noqa: PLC0415  # what pytest itself asks

    asked = getattr(config.option, "color", "auto")  # `-p no:terminal` has none
    return lambda stream: asked == "yes" or (asked != "no" and should_do_markup(stream))


class Reports:
    """A pytest plugin: what checks report holds no secret, wherever pytest takes it from there.

    To the terminal, to `--junitxml`, from an xdist worker to its controller; and `--debug` writes none that it holds.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def clean(self, text: str) -> str:
        """A text that may be shown."""
        return visible(self._secrets.mask(text))

    @hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        """Clean a check's report when all others have had their say."""
        report = yield
        return self._cleaned(report)

    @hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, Any, Any]:
        """Clean the report of a module."""
        report = yield
        return self._cleaned(report)

    def _cleaned(self, report: Any) -> Any:
        for name in ("longrepr", "sections", "wasxfail", "user_properties", "conformance"):
            if hasattr(report, name):
                setattr(report, name, _deep(getattr(report, name), self.clean if name != "conformance" else
                                            self._secrets.mask))  # fmt: skip
        return report

    def debug(self, config: pytest.Config) -> Path | None:
        """Clean what `--debug` has written, and what it will write; returns its file."""
        root = config.trace.root
        write = root._writer  # noqa: SLF001  # there is no other way to what is written
        file = getattr(write, "__self__", None)
        if write is None or file is None:
            return None
        file.flush()
        path = Path(file.name)
        text = self._secrets.mask(path.read_text("utf-8", "replace"))
        file.seek(0)
        file.truncate()
        file.write(text)
        root.setwriter(lambda said: write(self._secrets.mask(said)))
        return path


def _deep(value: Any, clean: Callable[[str], str]) -> Any:
    """A value with its texts cleaned; the pieces of a traceback are changed in place."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(_deep(one, clean) for one in value)
    if isinstance(value, list):
        return [_deep(one, clean) for one in value]
    if isinstance(value, dict):
        return {name: _deep(one, clean) for name, one in value.items()}
    if type(value).__module__ == "_pytest._code.code" and hasattr(value, "__dict__"):
        for name, one in vars(value).items():
            # Some of them are frozen, and none of them minds.
            object.__setattr__(value, name, _deep(one, clean))
    return value


# -- what was written


class Written:
    """The files of a folder and others that a run writes: `leaks()` tells which of them hold a secret.

    What was there before and was not touched is not the run's: somebody may keep a key beside the reports.
    """

    def __init__(self, folder: Path, *others: Path | None) -> None:
        self._folder = folder
        self._others = [path for path in others if path is not None]
        self._before = {path: _stamp(path) for path in self._paths()}

    def _paths(self) -> list[Path]:
        inside = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        return [path for path in (*inside, *self._others) if path.is_file()]

    def leaks(self, secrets: Secrets) -> list[Path]:
        """The files that hold a secret."""
        changed = (path for path in self._paths() if self._before.get(path) != _stamp(path))
        return [path for path in changed if _holds(path, secrets)]


def _stamp(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _holds(path: Path, secrets: Secrets) -> bool:
    if not secrets:
        return False
    tail = ""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            while part := file.read(CHUNK):
                # Of the seam only what lies on both sides is new.
                if secrets.found(tail + part):
                    return True
                tail = part[-SEAM:]
    except OSError:
        return False  # that it can't be read was told when it was written
    return False
