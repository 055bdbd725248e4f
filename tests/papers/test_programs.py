"""Programs that show a finding by themselves: made of what was recorded, and tried."""

import asyncio
import contextlib
import dataclasses
import subprocess
import sys
from types import SimpleNamespace

import pytest
from papers.showing import shown, subject

from conformance.killmatrix import trial
from conformance.mock.options import MockOptions
from conformance.mock.quirks import REGISTRY
from conformance.papers import player, stand
from conformance.papers.facts import CHANCE, Fact, holds
from conformance.papers.player import GONE, Seen, at
from conformance.papers.program import LINES, rendered
from conformance.papers.repro import NoReproduction, joined, reproduction
from conformance.papers.stand import plays, serving
from conformance.papers.turning import turning
from conformance.trial import Trial, run

# Of the quirks whose check fails alone one for each kind of thing that a program looks for and each way in which a
# conversation is played again, from all chapters; `python -m tests.papers` tries all three hundred.
SAMPLE = [
    "arguments-differ",  # what is told whole is not what came in pieces, of a tool
    "audio-done-with-audio",  # a member that is not to be there
    "bad-json-ignored",  # one answer too few among many, to frames that are no events
    "bad-key-is-404",  # the handshake
    "cancel-leaves-text-open",  # an end that never comes, after a cancel
    "clear-answers-twice",  # an event too many, of speech
    "commits-twice",  # an event too many in each of several steps
    "duplicate-event-id",  # two members that are not to be the same
    "commits-a-turn-twice",  # one of several connections
    "images-cost-thrice",  # a figure, of images
    "item-of-another-role",  # a member of one item among others
    "never-transcribes",  # either of two places, heard
    "no-usage",  # a member that is to be there
    "own-modalities-ignored",  # several differences, some of them how many pieces there were
    "refuses-720p",  # the longest but one, of images
    "refuses-channels",  # audio of two channels
    "second-create-ignored",  # an error that does not come, while a reply is on its way
    "spoken-part-forgets",  # what is told whole is not what came in pieces, of speech
    "swallows-seed-210",  # the longest, of bounds
    "talks-after-its-end",  # what comes too late in each of several steps, and later rightly
    "update-resets-siblings",  # one too many in a list
]


@pytest.fixture(scope="module")
def programs():
    return {name: (found, words) for name, found, words in shown(SAMPLE)}


def test_quirks_are_shown_on_the_lying_mock_and_not_on_the_honest_one(programs) -> None:
    """`reproduction` gives none that was not tried on both."""
    assert {name: words for name, (found, words) in programs.items() if found is None} == {}


def test_how_many_pieces_there_were_is_not_looked_for(programs) -> None:
    """Another server says the same in more or fewer, and shows no finding by that."""
    found, _ = programs["own-modalities-ignored"]
    assert "len(seen.of('response.audio.done', 3)) > 1" in found.test
    assert "len(seen.of('response.audio.delta'" not in found.test


@pytest.mark.parametrize(("weight", "told"), [(CHANCE - 1, 1), (CHANCE, 0)])
def test_of_a_finding_that_only_a_number_of_pieces_would_tell_there_is_no_program(weight, told) -> None:
    fact = Fact("len(seen.of('response.text.delta', 4)) > 1", "1", "9", weight, lambda draft: None)
    trace = SimpleNamespace(mended=lambda edits: None)
    courses = SimpleNamespace(facts=lambda: [fact], everywhere=list, trace=trace)
    assert len(turning(courses, lambda transcript: False)) == told  # type: ignore[arg-type]


def test_a_program_is_a_page_that_imports_nothing_of_the_suite(programs) -> None:
    for _, code in programs.values():
        assert code.count("\n") < LINES, code
        compile(code, "repro.py", "exec")
        assert "conformance" not in "".join(line for line in code.splitlines() if "import" in line)
        assert code.startswith("# /// script\n")


@pytest.mark.parametrize(("name", "quirks", "ends"), [("no-usage", ("no-usage",), 1), ("no-usage", (), 0)])
def test_the_file_says_in_words_and_by_its_exit_code_what_it_found(programs, tmp_path, name, quirks, ends) -> None:
    (file := tmp_path / "repro.py").write_text(programs[name][1].replace("patience=10", "patience=1"), encoding="utf-8")
    with serving(MockOptions(quirks=quirks)) as url:
        done = subprocess.run([sys.executable, file, url], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == ends, done.stdout + done.stderr
    assert ("The finding is still there" in done.stdout) == bool(ends)
    assert "came: {" in done.stdout


def test_the_file_is_not_tried_where_nobody_answers(programs, tmp_path) -> None:
    (file := tmp_path / "repro.py").write_text(programs["no-usage"][1], encoding="utf-8")
    done = subprocess.run([sys.executable, file, "ws://127.0.0.1:1"], capture_output=True, text=True, check=False)
    assert (done.returncode, "Not tried" in done.stdout) == (2, True)


def test_no_key_goes_out_in_the_clear(programs, tmp_path) -> None:
    (file := tmp_path / "repro.py").write_text(programs["no-usage"][1], encoding="utf-8")
    env = {"DASHSCOPE_API_KEY": "sk-planted-key-0001"}
    done = subprocess.run(
        [sys.executable, file, "ws://192.0.2.1/x"], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 2
    assert "sk-planted" not in done.stdout + done.stderr


def test_what_was_seen_on_no_mock_is_cut_at_its_end_alone_and_shown_again() -> None:
    """Of an endpoint that nobody can ask again only what comes after the finding is left out."""
    (result,) = run([trial(REGISTRY["usage-does-not-add-up"])])
    lying = subject("usage-does-not-add-up")
    found = reproduction(dataclasses.replace(lying, liar=None), result.transcripts.values())
    assert [step[0] for step in found.steps] == list(range(len(found.steps)))
    assert found.tried == "On the suite's own mock it does not show."
    assert lying.liar is not None
    (seen,) = plays([lying.liar], found.query, found.headers, found.steps)
    assert holds(found.test, seen)


def test_where_no_conversation_shows_it_there_is_no_reproduction() -> None:
    (honest,) = run([Trial(("responses/Typed",))])
    with pytest.raises(NoReproduction, match="no conversation alone"):
        reproduction(subject("no-usage"), honest.transcripts.values())


def test_a_fact_of_the_ending_brings_the_reader_of_the_ending(programs) -> None:
    found, code = programs["no-usage"]
    assert "def ending" not in code
    closed = Fact("seen.code == 1011", "the close code: 0", "1011", 0, lambda draft: None)
    assert "def ending" in rendered(dataclasses.replace(found, facts=(closed,)), "x.py", "head", "body")


def test_members_are_found_by_their_path_or_are_not_there() -> None:
    event = {"type": "a", "list": [{"b": 1}]}
    assert (at(event, "list.0.b"), at(event, "list.1.b"), at(event, "list.b"), at(event, "type.x")) == (
        1,
        GONE,
        GONE,
        GONE,
    )


def test_an_expression_is_about_what_was_seen_since_a_step() -> None:
    seen = Seen([(0, {"type": "a", "n": 1}), (2, {"type": "a", "n": 2})])
    assert holds("len(seen.of('a', 1)) == 1", seen)
    assert holds("seen.value('a', 0, 1, 'n') == 2", seen)
    assert holds("seen.value('a', 0, 2, 'n') == GONE", seen)
    assert not holds("seen.place('a', 0, 0) > seen.place('a', 0, -1)", seen)


def test_a_step_waits_for_what_answers_those_that_are_left() -> None:
    """One that waited for what answers a step that is gone would wait until patience ends."""
    steps = [[0, ["hello"], 0, "text", "a"], [1, ["to a"], 0.5, "text", "b"], [2, ["to b"], 0, "text", "c"]]
    assert joined(steps, [0, 2]) == [[0, ["hello"], 0, "text", "a"], [2, ["to a"], 0, "text", "c"]]
    assert joined(steps, [1]) == [[1, ["hello"], 0.5, "text", "b"]]
    assert joined(steps, [0, 1, 2]) == steps


@pytest.mark.parametrize(
    ("late", "waited"), [(0.0, [1.5]), (0.37, [1.5]), (0.38, [1.5, 3.0]), (9.0, [1.5, 3.0, 6.0, 12.0])]
)
def test_silence_of_a_mock_that_was_late_is_listened_to_again_with_more_patience(monkeypatch, late, waited) -> None:
    """A quarter of the patience is what a busy machine may take; a machine that stays busy has four tries."""
    given: list[float] = []

    @contextlib.contextmanager
    def served(options, pulse):
        pulse.late = late
        yield "ws://stand"

    def played(url, headers, steps, patience):
        given.append(patience)
        return Seen([])

    monkeypatch.setattr(stand, "serving", served)
    monkeypatch.setattr(stand, "play", played)
    plays([MockOptions()], "", {}, [])
    assert given == waited


async def test_a_pulse_tells_how_late_a_loop_was(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 0.1, 1.0, 3.1, 4.0, 4.2])  # due at 0.1, 1.1 and 4.1

    class Loop:
        def time(self) -> float:
            try:
                return next(times)
            except StopIteration:
                raise asyncio.CancelledError from None

    async def sleep(seconds: float) -> None:
        assert seconds == stand.BEAT

    monkeypatch.setattr(stand, "asyncio", SimpleNamespace(get_running_loop=Loop, sleep=sleep))
    pulse = stand.Pulse()
    with pytest.raises(asyncio.CancelledError):
        await pulse.beat()
    assert pulse.late == pytest.approx(2.0)


def test_a_server_without_an_end_is_listened_to_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        def recv(self, timeout: float) -> str:
            return '{"type": "again"}'

    clock = iter(range(1000))
    monkeypatch.setattr(player.time, "monotonic", lambda: float(next(clock)))
    seen = Seen([], ends=4)
    player.hear(Endless(), seen, 0, [], patience=1.0)  # type: ignore[arg-type]
    assert len(seen.got) == 4, "asked at 0, 1, 2 and 3 s, and no more at 4"
