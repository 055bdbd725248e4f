"""Audio and pictures for scripted conversations: fixtures from disk, and plain sounds made on the spot.

PCM is always s16le mono `bytes`: 2 bytes a sample, 32 bytes a millisecond at 16 kHz.
"""

from __future__ import annotations

import functools
import io
import json
import math
import random
import statistics
import sys
import wave
from array import array
from typing import TYPE_CHECKING, Any

from conformance import data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FULL_SCALE = 32768
INPUT_RATE = 16_000  # Hz: the default input rate of every family (CE)


@functools.cache
def manifest() -> dict[str, dict[str, Any]]:
    """Return `fixtures/manifest.json`: path below `fixtures/` → sha256, ms, hz, text, how it was made."""
    text = (data.fixtures() / "manifest.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return loaded


def _path(name: str, folders: Iterable[str], suffix: str) -> str:
    """Return the manifest's path of a short name: `hello` → `speech/hello.wav`."""
    stem = name if name.endswith(suffix) else name + suffix
    known = manifest()
    for path in (stem, *(f"{folder}/{stem}" for folder in folders)):
        if path in known:
            return path
    raise KeyError(f"no fixture {name!r}; there are {', '.join(sorted(known))}")


@functools.cache
def wav(name: str) -> bytes:
    """Return the PCM (16 kHz mono s16le, no header) of `hello`, `hello.wav` or `speech/hello.wav`."""
    content = (data.fixtures() / _path(name, ("speech", "audio"), ".wav")).read_bytes()
    with wave.open(io.BytesIO(content)) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, INPUT_RATE):
            raise ValueError(f"fixture {name!r} isn't 16 kHz mono s16le: {file.getparams()}")
        pcm: bytes = file.readframes(file.getnframes())
        return pcm


@functools.cache
def image(name: str) -> bytes:
    """Return the bytes of a picture: `small_320x240.jpg`, `square.png` and so on."""
    suffix = "" if "." in name else ".jpg"
    return (data.fixtures() / _path(name, ("images",), suffix)).read_bytes()


def utterance_text(name: str) -> str:
    """Return what is said in a speech fixture."""
    text: str = manifest()[_path(name, ("speech",), ".wav")]["text"]
    return text


def utterances() -> tuple[tuple[str, bytes], ...]:
    """Return (text, PCM at 16 kHz) of every utterance there is, parts of longer fixtures included."""
    found: list[tuple[str, bytes]] = []
    for path, facts in manifest().items():
        if not path.startswith("speech/"):
            continue
        pcm = wav(path)
        parts = facts.get("utterances") or [{"text": facts["text"], "start_ms": 0, "end_ms": facts["ms"]}]
        found += [(part["text"], pcm[part["start_ms"] * 32 : part["end_ms"] * 32]) for part in parts]
    return tuple(found)


def pcm_ms(pcm: bytes, rate: int = INPUT_RATE) -> int:
    """Return the length of PCM in whole ms."""
    return len(pcm) * 1000 // (2 * rate)


def packets(pcm: bytes, ms: int = 100, rate: int = INPUT_RATE) -> Iterator[bytes]:
    """Cut PCM into packets of `ms`; the last may be shorter.  The vendor's samples send 100 ms."""
    size = 2 * (rate * ms // 1000)
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size]


def to_samples(pcm: bytes) -> array[int]:
    """Return s16le bytes as native integers; a dangling last byte is left out."""
    values = array("h", pcm[: len(pcm) & ~1])
    if sys.byteorder == "big":
        values.byteswap()
    return values


def to_pcm(samples: Iterable[float]) -> bytes:
    """Return numbers as s16le bytes, rounded and clipped."""
    rounded = list(map(round, samples))
    try:
        values = array("h", rounded)
    except OverflowError:  # few sounds are so loud, and to ask each sample takes as long as to make it
        values = array("h", (max(-32768, min(32767, sample)) for sample in rounded))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def silence(ms: int, rate: int = INPUT_RATE) -> bytes:
    """Return `ms` of digital silence."""
    return bytes(2 * (rate * ms // 1000))


@functools.cache
def noise(ms: int, level_dbfs: float = -60.0, seed: int = 1, rate: int = INPUT_RATE) -> bytes:
    """Return `ms` of white noise at an RMS of `level_dbfs` (0 dBFS: a full-scale square wave).

    It is a second of noise over and over: noise to the ear and to a detector, made once and kept once.  A sample is one
    of 256 that share the normal distribution evenly.
    """
    rms = 10 ** (level_dbfs / 20) * FULL_SCALE
    count = rate * ms // 1000
    values = to_samples(to_pcm(rms * share for share in _normal()))
    second = array("h", map(values.__getitem__, random.Random(seed).randbytes(min(count, rate))))
    if sys.byteorder == "big":
        second.byteswap()
    return (second.tobytes() * math.ceil(ms / 1000))[: 2 * count]


@functools.cache
def _normal() -> list[float]:
    """256 values with an RMS of 1, each as likely as the next under the normal distribution."""
    shares = [statistics.NormalDist().inv_cdf((number + 0.5) / 256) for number in range(256)]
    rms = math.sqrt(sum(share * share for share in shares) / len(shares))
    return [share / rms for share in shares]


@functools.cache
def tone(ms: int, hz: float = 440.0, level_dbfs: float = -12.0, rate: int = INPUT_RATE) -> bytes:
    """Return `ms` of a sine at an RMS of `level_dbfs` (at most -3)."""
    amplitude = math.sqrt(2) * 10 ** (level_dbfs / 20) * FULL_SCALE
    step = 2 * math.pi * hz / rate
    return to_pcm(amplitude * math.sin(step * i) for i in range(rate * ms // 1000))


@functools.lru_cache(maxsize=64)
def resample(pcm: bytes, from_rate: int, to_rate: int) -> bytes:
    """Change the rate by linear interpolation: good enough to be heard and detected."""
    if from_rate == to_rate:
        return pcm
    samples = to_samples(pcm)
    if not samples:
        return b""
    count = len(samples) * to_rate // from_rate
    samples.append(samples[-1])  # the last one holds until the end
    result = array("h", bytes(2 * count))
    # A result's place between two samples comes again after `cycle` results, `stride` samples further on, so all that
    # share one are made in one go, and no error adds up over long recordings.
    shared = math.gcd(from_rate, to_rate)
    cycle, stride = to_rate // shared, from_rate // shared
    for phase in range(min(cycle, count)):
        whole, part = divmod(phase * stride, cycle)
        share = len(range(phase, count, cycle))
        first = samples[whole::stride][:share]
        if part:
            pairs = zip(first, samples[whole + 1 :: stride], strict=False)
            first = array("h", [round(here + (after - here) * part / cycle) for here, after in pairs])
        result[phase::cycle] = first
    if sys.byteorder == "big":
        result.byteswap()
    return result.tobytes()


@functools.cache
def grey_jpeg(width: int, height: int) -> bytes:
    """Return a baseline JPEG of even grey, `width` x `height` pixels (ITU T.81), a fraction of a bit a pixel.

    Every block is a difference of 0 and an end of block, each the only code of its Huffman table: two bits a block.
    """
    blocks = math.ceil(width / 8) * math.ceil(height / 8)
    bits = "00" * blocks
    bits += "1" * (-len(bits) % 8)
    table = bytes([1] + [0] * 15) + b"\x00"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\x00" + bytes([16] * 64)),
            _segment(0xC0, b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\x01\x01\x11\x00"),
            _segment(0xC4, b"\x00" + table),
            _segment(0xC4, b"\x10" + table),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            int(bits, 2).to_bytes(len(bits) // 8, "big"),
            b"\xff\xd9",
        )
    )


def padded_jpeg(jpeg: bytes, size: int) -> bytes:
    """Return the same picture in exactly `size` bytes: comments after its first marker fill it up."""
    missing = size - len(jpeg)
    parts = []
    while missing:
        length = min(missing, 60_000) if missing - min(missing, 60_000) not in range(1, 5) else missing - 5
        if length < 4:
            raise ValueError(f"a JPEG of {len(jpeg)} bytes can't be padded to {size}")
        parts.append(_segment(0xFE, bytes(length - 4)))
        missing -= length
    return jpeg[:2] + b"".join(parts) + jpeg[2:]


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content
