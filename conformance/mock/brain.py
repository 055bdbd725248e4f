"""Scripted answers: what the mock says, whom it calls, what it hears and how it sounds.

Nothing here is random and nothing is I/O: the same request gives the same answer, so that a failing
conversation can be held again.  The rules are few, and tried in this order:

1. A proactive answer (nobody spoke) asks whether the user is still there.
2. Tool outputs that came after the last user turn are put in words.
3. `tool_choice` "required", or a user turn that mentions a tool, gives calls (unless `tool_choice` is "none", or
   calls were already made for that turn).
4. "Answer with exactly two words: blue whale", "Say hello", "Reply with: ok" are obeyed, in the user's turn or in
   the instructions.
5. "Count to 30" counts and "tell me a story" tells one: answers long enough to interrupt.
6. Everything else is acknowledged: "You said: …", in Chinese when the instructions ask for Chinese.
"""

# ruff: noqa: RUF001  (Chinese answers have Chinese punctuation)

from __future__ import annotations

import functools
import json
import math
import operator
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from conformance import fixtures
from conformance.mock import tokens

Json = dict[str, Any]

OUTPUT_RATE = 24_000  # Hz
MS_PER_CHARACTER = 70
LONGEST_MS = 6_000


@dataclass(frozen=True)
class Call:
    """A function call: the tool's name and its arguments as JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """A text to say, or calls to make; `truncated` when `max_tokens` cut the text."""

    text: str
    calls: tuple[Call, ...] = ()
    truncated: bool = False


@dataclass(frozen=True)
class Request:
    """What a response is made from.

    `history` holds items as the protocol shows them (oldest first); the content part of a spoken turn
    carries its words in `transcript`.  `max_tokens` is in tokens of text, `output_rate` in Hz.
    """

    history: list[Json] = field(default_factory=list)
    instructions: str = ""
    tools: list[Json] = field(default_factory=list)
    tool_choice: Any = "auto"
    modalities: tuple[str, ...] = ("text", "audio")
    voice: str = "Tina"
    output_rate: int = OUTPUT_RATE
    max_tokens: int | None = None
    proactive: bool = False


class Brain:
    """The scripted model."""

    def answer(self, request: Request) -> Answer:
        """Return the answer to a conversation so far."""
        chinese = _wants_chinese(request.instructions)
        if request.proactive:
            return cut("您还在吗？" if chinese else "Are you still there?", request.max_tokens)
        outputs = outputs_after_last_turn(request.history)
        if outputs:
            return cut(_in_words(outputs, chinese=chinese), request.max_tokens)
        said = last_user_text(request.history)
        calls = _calls(request, said)
        if calls:
            return Answer(text="", calls=calls)
        return cut(_reply(said, request.instructions, chinese=chinese), request.max_tokens)

    def hear(self, pcm: bytes, rate: int = fixtures.INPUT_RATE) -> str:
        """Return the transcript of s16le mono audio.

        Known utterances are recognised by 60 ms of their samples, taken where the fixture is loud; several
        in one item are joined in the order they were spoken.  Anything else gets a sentence with its
        length.
        """
        found: list[tuple[int, str]] = []
        for text, chunk in _fingerprints(rate):
            at = pcm.find(chunk)
            if at >= 0:
                found.append((at, text))
        if found:
            return " ".join(text for _, text in sorted(found))
        return f"(speech of {len(pcm) / 2 / rate:.1f} seconds)"

    def synthesise(self, text: str, voice: str, rate: int = OUTPUT_RATE) -> bytes:
        """Return s16le mono audio that sounds like babble: about 70 ms a character, at most 6 s."""
        return _babble(text, voice, rate)


# --- reading the conversation
# -----------------------------------------------------------------------------------


def last_user_text(history: list[Json]) -> str:
    """Return the words of the last user turn: its texts and transcripts, joined."""
    for item in reversed(history):
        if item.get("type") == "message" and item.get("role") == "user":
            return _words_of(item)
    return ""


def _words_of(item: Json) -> str:
    content = item.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    words = [part.get("text") or part.get("transcript") or "" for part in parts]
    return " ".join(word for word in words if isinstance(word, str) and word).strip()


def outputs_after_last_turn(history: list[Json]) -> list[str]:
    """Return what tools answered since the last message."""
    outputs: list[str] = []
    for item in reversed(history):
        if item.get("type") == "function_call_output":
            outputs.append(str(item.get("output", "")))
        elif item.get("type") == "message":
            break
    return outputs[::-1]


_ELSEWISE = re.compile(r"\b(?:reply|answer|respond|speak|talk)\b[^.]*\bin (?:english|french|german)", re.IGNORECASE)
_CHINESE = re.compile(r"\b(?:in|speak) (?:simplified )?(?:chinese|mandarin)\b|中文|汉语|普通话", re.IGNORECASE)


def _wants_chinese(instructions: str) -> bool:
    return bool(_CHINESE.search(instructions)) and not _ELSEWISE.search(instructions)


# --- answering in words
# -----------------------------------------------------------------------------------------

_VERB = r"\b(?:say|answer|reply|respond|repeat)(?: (?:only|just|exactly|with))*"
_WORDS = re.compile(r"\bexactly (?P<count>[\w-]+) words?\s*:\s*(?P<what>.+)", re.IGNORECASE)
_ORDERS = (
    re.compile(rf"{_VERB}\s*:\s*(?P<what>.+)", re.IGNORECASE),
    re.compile(rf"{_VERB}\s+[\"“'](?P<what>[^\"”']+)[\"”']", re.IGNORECASE),
    re.compile(r"(?:^|[.!?]\s+)(?:please )?(?:only |just )?say (?P<what>[^.!?\n]+)", re.IGNORECASE),
)
_COUNT = re.compile(
    r"\bcount\b[^.]*?\bto (\d{1,6}|ten|twenty|thirty|fifty|(?:a |one )?hundred)\b|数到\s*(\d{1,6})", re.IGNORECASE
)
_SMALL = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_STORY = re.compile(r"\bstory\b|故事", re.IGNORECASE)
_STORIES = {
    False: "Once upon a time a small boat left the harbour at dawn. " * 3 + "It came home in the evening.",
    True: "从前，有一条小船在清晨离开了港口。" * 3 + "晚上它回家了。",
}
_NUMBERS = {"ten": 10, "twenty": 20, "thirty": 30, "fifty": 50, "a hundred": 100, "one hundred": 100, "hundred": 100}


def _reply(said: str, instructions: str, *, chinese: bool) -> str:
    # The user's order is nearer than the application's, as it would be for a model.
    for source in (said, instructions):
        ordered = _ordered(source)
        if ordered:
            return ordered
        counted = _COUNT.search(source)
        if counted:
            number = (counted[1] or counted[2]).lower()
            last = min(500, _NUMBERS.get(number) or int(number))
            return (("、" if chinese else ", ").join(map(str, range(1, last + 1)))) + ("。" if chinese else ".")
    if _STORY.search(said):
        return _STORIES[chinese]
    if not said:
        return "您好，我在听。" if chinese else "Hello, I am listening."
    short = said if len(said) <= 80 else said[:79].rstrip() + "…"
    return f"您说：{short}" if chinese else f"You said: {short}"


def _ordered(source: str) -> str:
    counted = _WORDS.search(source)
    if counted:
        count = counted["count"].lower()
        number = _SMALL.get(count) or (int(count) if re.fullmatch("[0-9]{1,3}", count) else 1)
        return " ".join(re.findall(r"[\w'-]+", counted["what"])[:number])
    for pattern in _ORDERS:
        match = pattern.search(source)
        if match:
            return match["what"].strip(" \"“”'")
    return ""


def _in_words(outputs: list[str], *, chinese: bool) -> str:
    told = (", " if not chinese else "，").join(_tell(output) for output in outputs)
    return f"结果是：{told}。" if chinese else f"Here is what I found: {told}."


def _tell(output: str) -> str:
    try:
        value = json.loads(output)
    except ValueError:
        return output.strip() or "nothing"
    return _tell_value(value) or "nothing"


def _tell_value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{str(key).replace('_', ' ')} {_tell_value(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_tell_value, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cut(text: str, max_tokens: int | None) -> Answer:
    """Cut a text to the longest beginning that costs no more than `max_tokens`."""
    if max_tokens is None or tokens.text_tokens(text) <= max_tokens:
        return Answer(text)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens.text_tokens(text[:middle]) <= max_tokens:
            low = middle
        else:
            high = middle - 1
    return Answer(text[:low], truncated=True)


# --- calling tools
# ----------------------------------------------------------------------------------------------

_DULL = frozenset(
    """
    a an and any are as at be by can current currently do does for from get gets fetch find given
    has how in into is it its lookup of on or please query return returns search set show that the
    this to tool use used user users what when where which who will with you your about function
    information
    """.split()  # noqa: SIM905  (a list of words reads best as words)
)


def _calls(request: Request, said: str) -> tuple[Call, ...]:
    functions = [entry for entry in map(_function, request.tools) if entry]
    if not functions or request.tool_choice == "none":
        return ()
    if (not request.tool_choice or request.tool_choice == "auto") and _already_called(request.history):
        return ()
    if isinstance(request.tool_choice, dict):
        name = (_function(request.tool_choice) or {}).get("name")
        chosen = [function for function in functions if function["name"] == name]
    else:
        # A tool called by its name shuts out those that merely share a word with the sentence.
        named = [function for function in functions if _names(function["name"], said)]
        chosen = named or [function for function in functions if _mentioned(function, said)]
        if not chosen and request.tool_choice == "required":
            chosen = functions[:1]
    return tuple(Call(function["name"], _arguments(function, said)) for function in chosen)


def own_calls(request: Request, said: str) -> tuple[Call, ...]:
    """Return a call of each of the client's functions, whatever was said; none where calls were made already."""
    if _already_called(request.history):
        return ()
    return tuple(Call(found["name"], _arguments(found, said)) for found in map(_function, request.tools) if found)


def _already_called(history: list[Json]) -> bool:
    """Tell whether a call was made since the last user turn: a model that is asked again doesn't call again."""
    for item in reversed(history):
        if item.get("type") == "function_call":
            return True
        if item.get("type") == "message" and item.get("role") == "user":
            return False
    return False


def _function(entry: Json) -> Json | None:
    """Return the function of a tool entry, nested (CE) or flat; None for anything else, MCP servers included."""
    if not isinstance(entry, dict) or entry.get("type") != "function":
        return None
    function = entry.get("function", entry)
    return function if isinstance(function, dict) and isinstance(function.get("name"), str) else None


def _names(name: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said, re.IGNORECASE) is not None


def _key_words(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).replace("_", " ").lower()
    words = {word for word in re.findall(r"[a-z][a-z0-9]+", spaced) if len(word) > 2 and word not in _DULL}
    # Chinese has no spaces: every pair of characters is a word of sorts.
    for run in re.findall(r"[\u4e00-\u9fff]{2,}", spaced):
        words |= {run[i : i + 2] for i in range(len(run) - 1)}
    return words


def _mentioned(function: Json, said: str) -> bool:
    spoken = _key_words(said)
    named = _key_words(function["name"])
    if named & spoken:
        return True
    described = _key_words(str(function.get("description") or "")) & spoken
    # One common word of a long description is chance; Chinese pairs and single-word descriptions aren't long.
    return len(described) >= 2 or any(not word.isascii() for word in described)


def _arguments(function: Json, said: str) -> str:
    schema = function.get("parameters")
    if not isinstance(schema, dict):
        return "{}"
    try:
        value = _fill(schema, said, "", _proper_nouns(said))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # A client may send any JSON as a schema; one that makes no sense gets a call without arguments.
        return "{}"
    return json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False)


def _proper_nouns(said: str) -> list[str]:
    """Return capitalised words that don't merely begin a sentence, in order; runs of them stay together."""
    found = re.findall(r"(?<![.!?] )(?<!^)\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*", said)
    nouns = [noun for noun in found if noun not in {"I", "I'm", "I'd", "I'll"}]
    first = re.match(r"[A-Z][\w'-]*", said)
    # "Hangzhou weather, please": the first word is a name when nothing else is and it isn't a common word.
    return nouns or ([first[0]] if first and first[0].lower() not in _DULL and " " in said else [])


def _fill(schema: Json, said: str, name: str, nouns: list[str]) -> Any:
    """Return a value that fits a JSON Schema, taken from the user's words where that makes sense."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        options = schema["enum"]
        return next((option for option in options if _names(str(option), said)), options[0])
    if "default" in schema and name:
        return schema["default"]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "string"
    if kind == "object":
        properties = schema.get("properties") or {}
        # What is required, or everything where nothing is.
        wanted = [key for key in properties if key in (schema.get("required") or list(properties))]
        remaining = list(nouns)
        return {
            key: _fill(properties[key] if isinstance(properties[key], dict) else {}, said, key, remaining)
            for key in wanted
        }
    if kind == "array":
        inner = schema.get("items")
        count = min(10, max(1, int(schema.get("minItems", 1))))
        return [_fill(inner if isinstance(inner, dict) else {}, said, name, nouns) for _ in range(count)]
    if kind in {"integer", "number"}:
        return _number(schema, said, whole=kind == "integer")
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return _string(said, name, nouns)


def _number(schema: Json, said: str, *, whole: bool) -> float:
    spoken = re.search(r"-?\d+(?:\.\d+)?", said)
    value = float(spoken[0]) if spoken else 1.0
    value = max(value, float(schema.get("minimum", -math.inf)))
    value = min(value, float(schema.get("maximum", math.inf)))
    return int(value) if whole or value.is_integer() else value


def _string(said: str, name: str, nouns: list[str]) -> str:
    if nouns:
        return nouns.pop(0)
    city = re.search(r"(北京|上海|杭州|广州|深圳|南京|成都|西安)", said)
    if city:
        return city[1]
    words = [word for word in re.findall(r"[\w'-]+", said) if word.lower() not in _DULL]
    return words[-1] if words else name or "text"


# --- hearing
# ----------------------------------------------------------------------------------------------------


@functools.cache
def _loudest() -> tuple[tuple[str, bytes], ...]:
    """(text, 60 ms of samples and one more) of each known utterance at 16 kHz, from where it is loudest."""
    size = 2 * fixtures.INPUT_RATE * 60 // 1000
    marks: list[tuple[str, bytes]] = []
    for text, pcm in fixtures.utterances():
        starts = range(0, max(1, len(pcm) - size), size)
        at = max(starts, key=lambda start: sum(map(abs, fixtures.to_samples(pcm[start : start + size]))))
        marks.append((text, pcm[at : at + size + 2]))
    return tuple(marks)


@functools.cache
def _fingerprints(rate: int) -> tuple[tuple[str, bytes], ...]:
    """(text, 60 ms of samples) of each known utterance at `rate`.

    They begin on whole ms, where all rates share a sample, so a part resampled is a part of the whole resampled; the
    sample that follows is what the last ones lean on.
    """
    size = 2 * rate * 60 // 1000
    return tuple((text, fixtures.resample(pcm, fixtures.INPUT_RATE, rate)[:size]) for text, pcm in _loudest())


# --- speaking
# ---------------------------------------------------------------------------------------------------

_STEPS = 1024
_SINE = [math.sin(2 * math.pi * i / _STEPS) for i in range(_STEPS)]
# Two formants of five vowels in Hz; which vowel a letter gets is arbitrary but fixed.
_VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870))
_SILENT = frozenset(" \n\t.,;:!?…。，、；：！？")


def _pitch(voice: str) -> int:
    """Return a base pitch of 95-254 Hz that belongs to the voice's name."""
    return 95 + zlib.crc32(voice.encode("utf-8", "surrogatepass")) % 160


@functools.lru_cache(maxsize=512)
def _syllable(pitch: int, vowel: int, rate: int) -> bytes:
    """Return 70 ms of a vowel: the pitch's harmonics near two formants, faded in and out."""
    count = rate * MS_PER_CHARACTER // 1000
    fade = max(1, count // 8)
    loudness = [8000 * min(1.0, i / fade, (count - 1 - i) / fade) for i in range(count)]
    harmonics = [(pitch, 0.5)] + [(max(1, round(formant / pitch)) * pitch, 0.25) for formant in _VOWELS[vowel]]
    waves = []
    for hz, share in harmonics:
        step = hz * _STEPS / rate
        sine = [share * value for value in _SINE]
        waves.append([sine[int(i * step) % _STEPS] for i in range(count)])
    # The shares add up to one, so nothing is louder than what an s16 holds.
    return fixtures.to_pcm(map(operator.mul, loudness, map(sum, zip(*waves, strict=True))))


@functools.lru_cache(maxsize=256)
def _babble(text: str, voice: str, rate: int) -> bytes:
    pitch = _pitch(voice)
    quiet = bytes(2 * (rate * MS_PER_CHARACTER // 1000))
    spoken = bytearray()
    for position, character in enumerate(text[: LONGEST_MS // MS_PER_CHARACTER]):
        # Three steps of pitch make a melody and keep the number of different syllables, and so the work,
        # small.
        tune = pitch + (0, 6, 12)[position // 4 % 3]
        spoken += quiet if character in _SILENT else _syllable(tune, ord(character) % len(_VOWELS), rate)
    return bytes(spoken)
