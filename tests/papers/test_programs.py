"""Programs that show a finding by themselves: made of what was recorded, and tried."""

import asyncio
import contextlib
import dataclasses
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from papers.showing import alone, sample, shown, subject

from conformance.killmatrix import trial
from conformance.mock.options import MockOptions
from conformance.mock.quirks import REGISTRY
from conformance.papers import player, repro, stand
from conformance.papers.company import Line
from conformance.papers.facts import CHANCE, Courses, Fact, _ending, holds
from conformance.papers.player import GONE, Seen, at, quotes
from conformance.papers.program import LINES, PATIENCE, rendered
from conformance.papers.repro import NoReproduction, joined, reproduction
from conformance.papers.stand import KEY, plays, serving
from conformance.papers.trace import Entry
from conformance.papers.turning import turning
from conformance.trial import Trial, run


@pytest.fixture(scope="module")
def programs():
    return {name: (found, words) for name, found, words in shown(sample())}


def test_quirks_are_shown_on_the_lying_mock_and_not_on_the_honest_one(programs) -> None:
    """`reproduction` gives none that was not tried on both; `python -m tests.papers` tries all three hundred."""
    assert len(programs) >= 40
    assert {name: words for name, (found, words) in programs.items() if found is None} == {}


def test_how_many_pieces_there_were_is_not_looked_for(programs) -> None:
    """Another server says the same in more or fewer, and shows no finding by that."""
    found, _ = programs["own-modalities-ignored"]
    assert "len(seen.of('response.audio.done', 0)) > 1" in found.test
    assert "len(seen.of('response.audio.delta'" not in found.test


@pytest.mark.parametrize(("weight", "told"), [(CHANCE - 1, 1), (CHANCE, 0)])
def test_of_a_finding_that_only_a_number_of_pieces_would_tell_there_is_no_program(monkeypatch, weight, told) -> None:
    fact = Fact("len(seen.of('response.text.delta', 4)) > 1", "1", "9", weight, lambda draft: None)
    trace = SimpleNamespace(mended=lambda edits: None)
    monkeypatch.setattr("conformance.papers.turning.differences", lambda courses: [fact])
    courses = SimpleNamespace(everywhere=list, trace=trace)
    assert len(turning(courses, lambda transcript: False)) == told  # type: ignore[arg-type]


def test_a_program_is_a_page_that_imports_nothing_of_the_suite(programs) -> None:
    for _, code in programs.values():
        assert code.count("\n") < LINES, code
        compile(code, "repro.py", "exec")
        assert "conformance" not in "".join(line for line in code.splitlines() if "import" in line)
        assert code.startswith("# /// script\n")


def hasty(code, seconds=1):
    """A program that waits no longer for what a mock would say at once."""
    return code.replace(f"eps, {PATIENCE})", f"eps, {seconds})").replace(f"EPS, {PATIENCE})", f"EPS, {seconds})")


def played(code, monkeypatch, capsys, *arguments):
    """What a program prints and by what it ends, in this process."""
    monkeypatch.setattr(sys, "argv", ["repro.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        exec(compile(hasty(code), "repro.py", "exec"), {"__name__": "__main__"})
    return ended.value.code, capsys.readouterr().out


def test_the_file_runs_by_itself(programs, tmp_path) -> None:
    code = hasty(programs["no-usage"][1])
    (file := tmp_path / "repro.py").write_text(code, encoding="utf-8")
    with serving(MockOptions(quirks=("no-usage",))) as url:
        done = subprocess.run([sys.executable, file, url], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "came: {" in done.stdout
    assert "The finding is still there" in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "no-usage",
        "remembers-strangers",
        "ids-are-shared",
        "error-quotes-the-key-in-base64",
        "ledger-loses-sessions",
        "ledger-shows-the-key",
    ],
)
@pytest.mark.parametrize("lies", [True, False])
def test_it_says_in_words_and_by_its_exit_code_what_it_found(programs, monkeypatch, capsys, name, lies) -> None:
    with serving(MockOptions(quirks=(name,) * lies)) as url:
        ends, said = played(programs[name][1], monkeypatch, capsys, url)
    assert (ends, "The finding is still there" in said) == (int(lies), lies), said
    assert not quotes(KEY, said), "what a program prints goes into an issue"


def test_it_is_not_tried_where_nobody_answers(programs, monkeypatch, capsys) -> None:
    ends, said = played(programs["no-usage"][1], monkeypatch, capsys, "ws://127.0.0.1:1")
    assert (ends, "Not tried" in said) == (2, True)


def test_no_key_goes_out_in_the_clear(programs, monkeypatch, capsys) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-planted-key-0001")
    ends, said = played(programs["no-usage"][1], monkeypatch, capsys, "ws://192.0.2.1/x")
    assert ends == 2
    assert "sk-planted" not in said


def test_how_many_are_shown_is_told_in_the_manual() -> None:
    """`python -m tests.papers` ends with 1 where one is not."""
    text = (Path(__file__).parents[2] / "docs" / "using.md").read_text(encoding="utf-8")
    told = " ".join(text.split())
    assert f"all {len(alone())} were shown on the mock" in told


def test_what_was_seen_on_no_mock_is_cut_at_its_end_alone_and_shown_again() -> None:
    """Of an endpoint that nobody can ask again only what comes after the finding is left out."""
    (result,) = run([trial(REGISTRY["usage-does-not-add-up"])])
    lying = subject("usage-does-not-add-up")
    found = reproduction(dataclasses.replace(lying, liar=None), result.transcripts.values())
    assert [step[0] for step in found.steps] == list(range(len(found.steps)))
    assert found.tried == "On the suite's own mock it does not show."
    assert lying.liar is not None
    ((seen,),) = plays([lying.liar], [found.line])
    assert holds(found.test, seen)


def test_where_no_conversation_shows_it_there_is_no_reproduction() -> None:
    (honest,) = run([Trial(("responses/Typed",))])
    with pytest.raises(NoReproduction, match="no conversation alone"):
        reproduction(subject("no-usage"), honest.transcripts.values())


def test_a_fact_of_the_ending_brings_the_reader_of_the_ending(programs) -> None:
    found, code = programs["no-usage"]
    assert "def ending" not in code
    closed = Fact("seen.code == 1011", "no close frame", "a close frame with 1011", 0, lambda draft: None)
    assert "def ending" in rendered(dataclasses.replace(found, facts=(closed,)), "x.py", "head", "body")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("code", 0, "no close frame"),
        ("code", 1000, "a close frame with 1000"),
        ("reason", "", "no close reason"),
        ("reason", "bye", "the close reason 'bye'"),
        ("closed_by", "nobody", "a close by nobody"),
        ("closed_by", "server", "a close by the server"),
        ("status", 403, "HTTP 403 in the handshake"),
    ],
)
def test_an_ending_is_told_in_words(name: str, value: str | int, words: str) -> None:
    assert _ending(name, value) == words


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
        yield Seen([])

    monkeypatch.setattr(stand, "serving", served)
    monkeypatch.setattr(stand, "play", played)
    plays([MockOptions()], [Line("", {}, [])])
    assert given == waited


async def test_a_pulse_tells_how_late_a_loop_was(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 0.25, 1.0, 3.25, 4.0, 4.35])  # due at 0.25, 1.25 and 4.25

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
    monkeypatch.setattr(player, "timed", lambda seen, message: message)
    seen = Seen([], ends=4)
    player.hear(Endless(), seen, 0, [], patience=1.0)  # type: ignore[arg-type]
    assert len(seen.got) == 4, "asked at 0, 1, 2 and 3 s, and no more at 4"


def test_what_may_come_a_step_earlier_is_looked_for_from_where_it_can_come() -> None:
    """A reply that starts by itself comes when it comes: beside a step that does not wait for it, or before it."""
    asked, reply = {"type": "session.updated"}, {"type": "response.created"}
    mine, other = Seen([(1, asked), (5, reply), (6, reply)]), Seen([(1, asked), (6, reply)])
    said = [Entry(key, step, SimpleNamespace(), event) for key, (step, event) in enumerate(mine.got)]
    trace = SimpleNamespace(seen=lambda: mine, said=said, entries=said, script=SimpleNamespace(steps=[]))
    (fact,) = Courses(trace, other, other).facts()
    assert fact.test == "len(seen.of('response.created', 0)) > 1"
    assert holds(fact.test, Seen([(1, asked), (1, reply), (6, reply)]))


def test_what_a_mock_of_the_same_seed_would_name_alike_is_told_apart(programs) -> None:
    """The name that the lie puts in another's place is the honest one in no other course."""
    assert "response.conversation_id" in programs["conversation-changes"][0].test


def test_a_cut_that_a_faithful_course_would_show_as_well_is_not_tried() -> None:
    """Of two ends one is missing: without the second reply an honest server shows no more."""
    end, begin = {"type": "response.text.done"}, {"type": "response.created"}
    mine, other = Seen([(1, begin), (2, begin), (2, end)]), Seen([(1, begin), (1, end), (2, begin), (2, end)])
    said = [Entry(key, step, SimpleNamespace(), event) for key, (step, event) in enumerate(mine.got)]
    script = SimpleNamespace(steps=[[0, [], 0, "text", ""], [1, [], 0, "text", ""]])
    trace = SimpleNamespace(seen=lambda: mine, said=said, entries=said, script=script, with_frames=list)
    courses = Courses(trace, other, other)
    assert repro._tail(courses, "len(seen.of('response.text.done', 0)) < 2", lambda transcript: True) == [0, 1]
