"""A run in a process that has read everything before tells what a run from the start of Python on tells."""

from __future__ import annotations

import json
import os
import re
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import runs, warm

SOME = ("--case", "SES-00*", "--quirk", "silent-update", "-v")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?|\d+\.\d+")


def timeless(text: str, folder: Path) -> str:
    """A text without what no two runs have alike: when, how long, and where."""
    return TIME.sub("TIME", text.replace(str(folder), "FOLDER"))


def test_both_say_the_same_word_for_word(tmp_path: Path) -> None:
    one, other = (how(tmp_path / how.__name__, *SOME) for how in (runs.run, runs.cold))
    assert one.code == other.code == 1
    assert timeless(one.output, one.folder) == timeless(other.output, other.folder)
    assert "SES-002" in one.output
    names = [path.name for path in sorted(one.folder.iterdir())]
    assert names == [path.name for path in sorted(other.folder.iterdir())]
    for name in ("summary.json", "summary.md", "junit.xml", "results.sarif"):
        texts = [timeless((done.folder / name).read_text(encoding="utf-8"), done.folder) for done in (one, other)]
        assert texts[0] == texts[1], name
    # The record has ids of its own and says when; its lines are of the same kinds and have the same members.
    shapes = [[(line["kind"], list(line)) for line in done.record] for done in (one, other)]
    assert shapes[0] == shapes[1]


SHOWS = """
import json, os, random, sys
print(json.dumps([sys.argv, dict(os.environ), os.getcwd(), sys.stdin.read(), os.getsid(0), random.random(), __name__]))
print("beside", file=sys.stderr)
print(os.path.samefile(sys.path[0], "."), sys.modules["__main__"].__dict__ is globals())
sys.exit(7)
"""
PROGRAMS = {
    "shows": SHOWS,
    "hangs": "import os, time\nos.open('held', os.O_WRONLY)\ntime.sleep(1000)",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "large": "with open('large', 'wb') as file:\n    file.write(bytes(1001))",
    "last": "import atexit\natexit.register(print, 'at last')\nprint('first', end=', ')",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[warm.Warm, Path]]:
    """Such a process before small programs, and their folder."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "test_x.py").write_text("def test_x(): pass\n")
    for name, text in PROGRAMS.items():
        (folder / f"{name}.py").write_text(text)
    one = warm.Warm(folder, runs.environment(), ("-p", "no:cacheprovider"))
    yield one, folder
    one.end()


def ended(place: tuple[warm.Warm, Path], into: Path, *argv: str, size: int | None = None, **env: str) -> int:
    return place[0].run([*argv], env, into, runs.HANG, size).code


def test_each_has_its_own_arguments_environment_streams_and_chance(
    place: tuple[warm.Warm, Path], tmp_path: Path
) -> None:
    seen = []
    for name in ("one", "other"):
        into = tmp_path / name
        into.mkdir()
        assert ended(place, into, "shows", name, ONLY=name) == 7
        told, rest = (into / "out").read_text().splitlines()
        argv, env, cwd, given, session, chance, called = json.loads(told)
        assert argv[1:] == [name]
        assert Path(argv[0]).name == "shows.py"
        assert env == {"ONLY": name}
        assert (Path(cwd), given, called) == (place[1], "", "__main__")
        assert session != os.getsid(0)
        assert rest == "True True"
        assert (into / "err").read_text() == "beside\n"
        seen.append(chance)
    assert seen[0] != seen[1]


@pytest.mark.parametrize(("name", "size", "code"), [("killed", None, -15), ("large", 1000, 1), ("large", 1001, 0)])
def test_how_it_ended_is_told(
    name: str, size: int | None, code: int, place: tuple[warm.Warm, Path], tmp_path: Path
) -> None:
    assert ended(place, tmp_path, name, size=size) == code
    assert ("File too large" in (tmp_path / "err").read_text()) == (code == 1)


def test_it_ends_as_a_process_ends(place: tuple[warm.Warm, Path], tmp_path: Path) -> None:
    assert ended(place, tmp_path, "last") == 0
    assert (tmp_path / "out").read_text() == "first, at last\n"


def test_what_hangs_is_killed_and_the_next_one_runs(place: tuple[warm.Warm, Path], tmp_path: Path) -> None:
    os.mkfifo(place[1] / "held")
    holds = os.open(place[1] / "held", os.O_RDONLY | os.O_NONBLOCK)
    assert ended(place, tmp_path, "last") == 0  # it is there
    with pytest.raises(ChildProcessError, match="hangs"):
        place[0].run(["hangs"], {}, tmp_path, 1.0)
    assert select.select([holds], [], [], runs.HANG)[0]
    assert os.read(holds, 1) == b""  # nobody holds it any more
    os.close(holds)
    assert ended(place, tmp_path, "last") == 0


def test_what_python_reads_on_starting_it_reads_on_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(runs, "cold", lambda *given, **named: started.append((given, named)))
    runs.run(tmp_path, "-x", PYTHONIOENCODING="ascii")
    assert started == [((tmp_path, "-x"), {"PYTHONIOENCODING": "ascii"})]
