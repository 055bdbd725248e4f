"""How the mock hears and how it sounds: known utterances by their samples, babble for a voice."""

from __future__ import annotations

import functools
import itertools
import math
import operator
import zlib

from conformance import fixtures

MS_PER_CHARACTER = 70
LONGEST_MS = 6_000


def heard(pcm: bytes, rate: int) -> str:
    """The transcript of s16le mono audio.

    Known utterances are recognised by 60 ms of their samples, taken where the fixture is loud; several in one item are
    joined in the order they were spoken.  Anything else gets a sentence with its length.
    """
    found: list[tuple[int, str]] = []
    for text, chunk in _fingerprints(rate):
        at = pcm.find(chunk)
        if at >= 0 and at % 2 == 0:  # between two halves of samples it is noise
            found.append((at, text))
    if found:
        return " ".join(text for _, text in sorted(found))
    return f"(speech of {len(pcm) / 2 / rate:.1f} seconds)"


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


# Two formants of five vowels in Hz; which vowel a letter gets is arbitrary but fixed.
_VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870))
_SILENT = frozenset(" \n\t.,;:!?…。，、；：！？")  # noqa: RUF001  # Chinese punctuation


def _pitch(voice: str) -> int:
    """Return a base pitch of 95-254 Hz that belongs to the voice's name."""
    return 95 + zlib.crc32(voice.encode("utf-8", "surrogatepass")) % 160


@functools.lru_cache(maxsize=512)
def _syllable(pitch: int, vowel: int, rate: int) -> bytes:
    """Return 70 ms of a vowel: the pitch's harmonics near two formants, faded in and out.

    All that sounds in it is a multiple of the pitch, so one period of that (to the nearest sample) makes all of it.
    """
    count, period = rate * MS_PER_CHARACTER // 1000, max(1, round(rate / pitch))
    fade = max(1, count // 8)
    loudness = [8000 * min(1.0, i / fade, (count - 1 - i) / fade) for i in range(count)]
    harmonics = [(1, 0.5)] + [(max(1, round(formant / pitch)), 0.25) for formant in _VOWELS[vowel]]
    turn = [2 * math.pi * i / period for i in range(period)]
    # The shares add up to one, so nothing is louder than what an s16 holds.
    wave = [sum(share * math.sin(times * angle) for times, share in harmonics) for angle in turn]
    return fixtures.to_pcm(map(operator.mul, loudness, itertools.cycle(wave)))


@functools.lru_cache(maxsize=256)
def babble(text: str, voice: str, rate: int) -> bytes:
    """About 70 ms of s16le mono a character, at most 6 s."""
    pitch = _pitch(voice)
    quiet = bytes(2 * (rate * MS_PER_CHARACTER // 1000))
    spoken = bytearray()
    for position, character in enumerate(text[: LONGEST_MS // MS_PER_CHARACTER]):
        # Three steps of pitch make a melody and keep the number of different syllables, and so the work,
        # small.
        tune = pitch + (0, 6, 12)[position // 4 % 3]
        spoken += quiet if character in _SILENT else _syllable(tune, ord(character) % len(_VOWELS), rate)
    return bytes(spoken)
