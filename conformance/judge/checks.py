"""Checks as values: which clause they judge, on what evidence, and what came of it.

One bench serves pytest and everything that judges without it (trials, the kill matrix, generated conversations).
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from conformance.guarded import shortened
from conformance.judge.asserted import asserted
from conformance.judge.finding import Failed, Finding
from conformance.judge.patience import Patience
from conformance.judge.rules.base import odd_event
from conformance.judge.verdicts import Contrary, NotHeld, Seen, Uncooperative, Unjudged, Verdict
from conformance.judge.view import Views, Wire
from conformance.spec.catalogue import CatalogueError, clauses, questions
from conformance.spec.profiles import Profile
from conformance.spec.requests import Excuse
from conformance.wire.conversation import Conversation, Whims, as_conversation
from conformance.wire.gaps import Unshown
from conformance.wire.transcript import Transcript

# What a check raises that looked for an object, a list or a number where something else stands.
SHAPES = (TypeError, ValueError, AttributeError, KeyError, IndexError)
LONGEST_DETAIL = 20_000  # characters
CHAPTERS = "conformance.cases"


@dataclass(frozen=True)
class Check:
    """One check.  `conversation` is None for a rule, which judges every transcript of the run.

    `takes` names its evidence: `wire` (its own conversation), `wires` (each connection that tells something) or `held`
    (every transcript, also of what was broken off or met trouble).
    """

    id: str
    level: str
    function: Callable[..., Any]
    owner: type[Any]
    conversation: str | None
    where: str
    takes: str = "wire"


@dataclass(frozen=True)
class Outcome:
    """What a check said.  `outcome` is an open question's answer; `owner` answers for evidence that never came.

    `detail` has a bound, and says where it was cut: a check may quote a string of megabytes, and every output has it.
    """

    verdict: Verdict
    detail: str = ""
    outcome: str | None = None
    owner: str | None = None
    findings: tuple[Finding, ...] = ()
    """What is wrong, as data, where it failed: the first of all that `places` counts."""
    places: int = 0
    excuses: tuple[tuple[Excuse, int], ...] = ()
    """What excused an absence, and how often, where the check is a rule."""
    scenes: tuple[str, ...] = ()
    """The conversations that it was judged on, where it is of none alone and somebody counted them."""
    problem: BaseException | None = field(default=None, compare=False, repr=False)
    """What was raised, where the fault is our own."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", shortened(self.detail, LONGEST_DETAIL))

    @property
    def words(self) -> str:
        """A failure as a terminal shows it: what was expected and what was seen, a line each."""
        expected = f"expected: {self.findings[0].expected}\n" if self.findings else ""
        return f"{expected}seen: {self.detail}"


def conversation_name(cls: type[Any]) -> str:
    """`session/VoiceChange` for the class TestVoiceChange of test_03_session.py or test_03_session_voices.py.

    A chapter that fills several files is still one: records and figures of long ago know its conversations by name.
    """
    _, _, chapter, *_ = cls.__module__.rpartition(".")[2].split("_")
    return f"{chapter}/{cls.__name__.removeprefix('Test')}"


def is_conversation(cls: type[Any]) -> bool:
    """Whether a chapter's class holds a conversation (a rule's class has neither script nor talk)."""
    return "script" in cls.__dict__ or "talk" in cls.__dict__


@dataclass(frozen=True)
class Chapters:
    """All conversations and checks of the suite."""

    conversations: Mapping[str, Conversation]
    checks: Mapping[str, Check]


@functools.cache
def load(package: str = CHAPTERS) -> Chapters:
    """Import every chapter, once.

    Raises CatalogueError when a clause is judged twice or a conversation's name is taken.
    """
    root = importlib.import_module(package)
    conversations: dict[str, Conversation] = {}
    checks: dict[str, Check] = {}
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda item: item.name):
        if not info.name.startswith("test_"):
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ != module.__name__ or not cls.__name__.startswith("Test"):
                continue
            name = conversation_name(cls) if is_conversation(cls) else None
            if name is not None:
                if name in conversations:
                    raise CatalogueError(f"two conversations are called {name}")
                conversations[name] = as_conversation(name, cls)
            for function in vars(cls).values():
                check_id = getattr(function, "check_id", None)
                if check_id is None:
                    continue
                if check_id in checks:
                    raise CatalogueError(f"{check_id} is judged in {checks[check_id].where} and again in {cls}")
                takes = "wire" if name is not None else list(inspect.signature(function).parameters)[-1]
                checks[check_id] = Check(check_id, function.check_level, function, cls, name, location(function), takes)
    return Chapters(conversations, checks)


def location(function: Callable[..., Any]) -> str:
    """`conformance/cases/test_03_session.py:41`, whatever folder the package lives in."""
    code = inspect.unwrap(function).__code__
    parts = code.co_filename.replace(os.sep, "/").split("/")
    return f"{'/'.join(parts[-3:])}:{code.co_firstlineno}"


def applies(check_id: str, profile: Profile) -> str | None:
    """None when the clause or question holds for this model, else the reason why it doesn't."""
    row = clauses().get(check_id) or questions().get(check_id)
    if row is None or not row.models or profile.family in row.models:
        return None
    return f"holds for {', '.join(row.models)} only; this model is of the {profile.family} family"


def level(check_id: str, profile: Profile) -> str:
    """The level of a check for this model: what rests on a recording of one family is a MUST for that one."""
    row = clauses().get(check_id)
    return "OBSERVE" if row is None else row.level_for(profile.family)


def run(check_id: str, function: Callable[..., Any], *given: Any) -> Outcome:
    """Call a check with its evidence and turn what it does into an outcome."""
    try:
        outcome = said(check_id, function(*given))
    except Exception as problem:  # noqa: BLE001  # whatever a check raises is its verdict
        outcome = raised(check_id, problem, given)
    return excused(outcome, given)


def excused(outcome: Outcome, given: Iterable[Any]) -> Outcome:
    """The outcome of a check with what it let pass, as its evidence has noted it."""
    used: Counter[Excuse] = Counter()
    for wire in _wires(given):
        used.update(wire.taken_excuses())
    order = sorted(used.items(), key=lambda one: (one[0].code, one[0].words))
    return replace(outcome, excuses=tuple(order)) if used else outcome


def said(check_id: str, value: Any) -> Outcome:
    """The outcome of a check that returned."""
    question = questions().get(check_id)
    if question is None:
        return Outcome("pass") if value is None else Outcome("error", f"the check returned {value!r}")
    if value is None:
        return Outcome("error", "the probe returned no outcome")
    seen = value if isinstance(value, Seen) else Seen(str(value))
    known = {outcome.id for outcome in question.outcomes} | {"other"}
    if seen.outcome not in known:
        return Outcome("error", f"{seen.outcome!r} is not among the outcomes {sorted(known)}")
    return Outcome("observed", seen.evidence, seen.outcome)


def raised(check_id: str, problem: BaseException, given: Iterable[Any] = ()) -> Outcome:
    """The outcome of a check that raised, given this evidence.

    An open question is never failed: a probe that can't tell is inconclusive.  A check that could not follow an event
    of another shape than the documented one is inconclusive, too: whether the shapes are right is a rule's business.
    """
    if isinstance(problem, Unshown):
        return Outcome("skipped", str(problem))
    if isinstance(problem, Unjudged):
        return Outcome(problem.verdict, str(problem), owner=getattr(problem, "owner", None))
    if isinstance(problem, Contrary) and check_id in problem.doubted:
        return Outcome("inconclusive", f"{problem}\nA model is free to say so, and no other attempt did")
    if isinstance(problem, AssertionError):
        problem = failed(check_id, problem, given)
        if check_id in questions():
            return Outcome("inconclusive", str(problem))
        return Outcome("fail", str(problem), findings=problem.findings, places=problem.places)
    if isinstance(problem, SHAPES) and (odd := _odd(given)) is not None:
        return Outcome("inconclusive", f"{odd} has a shape that this check can't follow")
    return Outcome("error", f"{type(problem).__name__}: {problem}", problem=problem)


def failed(check_id: str, problem: AssertionError, given: Iterable[Any] = ()) -> Failed:
    """What a check that failed has to say, as findings: its own, or that of the assertion that does not hold."""
    if isinstance(problem, Failed):
        return problem
    wire = next((one for one in given if isinstance(one, Wire)), None)
    row = clauses().get(check_id)
    place = wire.decisive(()) if wire is not None else (0, None)  # before the statement is looked at again
    said = asserted(problem.__cause__ if isinstance(problem, Contrary) and problem.__cause__ else problem)
    if wire is not None:
        place = wire.decisive(said.values) if said.values else place
    name = wire.transcript.conversation if wire is not None else ""
    expected = row.sentence if row is not None else ""
    return Failed([Finding(check_id, name, *place, expected, said.seen, cause=said.cause)], named=False)


def line(check_id: str, level: str, outcome: Outcome, seconds: float) -> dict[str, Any]:
    """The fields of a record's `verdict` line."""
    found = {"findings": [one.to_json() for one in outcome.findings], "places": outcome.places}
    excuses = [{"code": one.code, "words": one.words, "times": times} for one, times in outcome.excuses]
    return {
        "id": check_id, "level": level, "verdict": outcome.verdict, "detail": outcome.detail,
        "outcome": outcome.outcome, "owner": outcome.owner, "seconds": seconds,
        **(found if outcome.places else {}), **({"excuses": excuses} if excuses else {}),
        **({"scenes": list(outcome.scenes)} if outcome.scenes else {}),
    }  # fmt: skip


def _wires(given: Iterable[Any]) -> list[Wire]:
    return [wire for one in given for wire in (one if isinstance(one, list) else [one]) if isinstance(wire, Wire)]


def _odd(given: Iterable[Any]) -> str | None:
    """The type of the first event in this evidence that is not valid by its schema, or None."""
    legs = [wire.leg(number) for wire in _wires(given) for number in range(len(wire.transcript.legs))]
    try:
        return next((odd for leg in legs if (odd := odd_event(leg)) is not None), None)
    except Unshown:
        return "an event of a recording that does not show all"


class Bench:
    """The evidence of one run, and the only way from a check to its verdict.

    `not_held` says of conversations why they were not held, `nothing` why none was.
    """

    def __init__(
        self,
        transcripts: Mapping[str, Transcript],
        profile: Profile,
        not_held: Mapping[str, str] = MappingProxyType({}),
        nothing: str = "no conversation was held",
    ) -> None:
        self._transcripts = transcripts
        self._profile = profile
        self._not_held = not_held
        self._nothing = nothing
        self._patience = Patience()

    def judge(self, check: Check) -> Outcome:
        """What this check says of the evidence."""
        reason = applies(check.id, self._profile)
        if reason is not None:
            return Outcome("skipped", reason)
        try:
            given = self._evidence(check)
        except Unjudged as problem:
            return raised(check.id, problem)
        return run(check.id, self._patience.over(check.function), check.owner(), given)

    def _evidence(self, check: Check) -> Any:
        """What the check is called with.  Raises Unjudged when there is nothing to judge."""
        if check.conversation is None:
            given: Any = self._held if check.takes == "held" else self._wires
            if not given:
                raise NotHeld(self._nothing)
            return given
        if check.conversation not in self._transcripts:
            raise NotHeld(self._not_held.get(check.conversation, "its conversation was not held"))
        return self._views.of(check.conversation)

    @cached_property
    def _views(self) -> Views:
        """One view of each conversation serves its own checks."""
        return Views(self._transcripts, self._profile, self._wires)

    @cached_property
    def _held(self) -> list[Transcript]:
        return in_order(self._transcripts.values())

    @cached_property
    def _wires(self) -> list[Wire]:
        """One view of each connection serves every rule: it keeps what each would find out anew."""
        return evidence(self._transcripts.values(), self._profile)


def judge(checks: Iterable[Check], transcripts: Mapping[str, Transcript], profile: Profile) -> dict[str, Outcome]:
    """Judge all at once: every check on the transcripts given."""
    bench = Bench(transcripts, profile)
    return {check.id: bench.judge(check) for check in checks}


def whims(checks: Iterable[Check], transcript: Transcript, profile: Profile) -> Whims:
    """What the model did instead of what these checks of one conversation need."""
    why, contrary, answers = "", set(), {}
    for check in checks:
        if check.conversation != transcript.conversation or applies(check.id, profile) is not None:
            continue
        try:
            outcome = said(check.id, check.function(check.owner(), Wire(transcript, profile)))
            if outcome.outcome is not None:
                answers[check.id] = outcome.outcome
        except (Uncooperative, Contrary) as problem:
            why = why or str(problem).partition("\n")[0]
            if isinstance(problem, Contrary):
                contrary.add(check.id)
        except Exception:  # noqa: BLE001, S112  # any other verdict is not for this question
            continue
    return Whims(why, frozenset(contrary), answers)


def spoiled(checks: Iterable[Check], transcript: Transcript, profile: Profile) -> bool:
    """Whether any check, or any rule on this conversation alone, can't pass on what there is of it."""
    chosen = {check.id: check for check in checks if check.conversation in {None, transcript.conversation}}
    outcomes = judge(chosen.values(), {transcript.conversation: transcript}, profile)
    # A rule that can't tell from one conversation may tell from another; a check has only this one.
    return any(
        outcome.verdict == "fail"
        or (chosen[name].conversation is not None and outcome.verdict in {"blocked", "inconclusive"})
        for name, outcome in outcomes.items()
    )


def evidence(transcripts: Iterable[Transcript], profile: Profile) -> list[Wire]:
    """Views of the transcripts that rules may judge, in an order that does not depend on which was held first.

    One per connection, without those that met trouble, were broken off or were interrupted.
    """
    return [
        Wire(transcript, profile, number)
        for transcript in in_order(transcripts)
        if transcript.trouble is None and not transcript.broken_off and not transcript.interrupted
        for number in range(len(transcript.legs))
    ]


def in_order(transcripts: Iterable[Transcript]) -> list[Transcript]:
    """Transcripts in an order that does not depend on which was held first."""
    return sorted(transcripts, key=lambda transcript: transcript.conversation)
