import hashlib
import wave
from typing import Any

import pytest

from conformance import data, fixtures
from conformance.mock.tokens import jpeg_size

FILES = sorted(fixtures.manifest())
SINGLE = ("hello", "weather", "goodbye", "nihao")


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_the_manifest_says(name: Any) -> None:
    facts = fixtures.manifest()[name]
    content = (data.fixtures() / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == facts["sha256"]
    assert len(content) == facts["bytes"]
    assert facts["made"]
    if name.endswith(".wav"):
        with wave.open(str(data.fixtures() / name)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        assert fixtures.pcm_ms(fixtures.wav(name)) == facts["ms"]
    if name.endswith(".jpg"):
        assert jpeg_size(content) == (facts["width"], facts["height"])


def test_every_media_file_is_in_the_manifest() -> None:
    media = {".wav", ".jpg", ".png"}
    found = {
        path.relative_to(data.fixtures()).as_posix() for path in data.fixtures().rglob("*") if path.suffix in media
    }
    assert found == set(FILES)


def test_the_fixtures_stay_small() -> None:
    assert sum(facts["bytes"] for facts in fixtures.manifest().values()) < 2_000_000


@pytest.mark.parametrize("name", SINGLE)
def test_speech_begins_and_ends_within_100_ms(name: Any) -> None:
    samples = fixtures.to_samples(fixtures.wav(name))
    assert max(map(abs, samples)) > 20_000
    assert max(map(abs, samples[:1600])) > 150
    assert max(map(abs, samples[-1600:])) > 150


def test_image_sizes_straddle_the_documented_limits() -> None:
    assert len(fixtures.image("hd_1280x720.jpg")) < 190_000
    assert len(fixtures.image("big_over_256k.jpg")) > 256 * 1024
    assert fixtures.image("square.png").startswith(b"\x89PNG")


def test_names_may_be_short() -> None:
    assert fixtures.wav("hello") == fixtures.wav("hello.wav") == fixtures.wav("speech/hello.wav")
    assert fixtures.utterance_text("hello") == "Hello there."
    with pytest.raises(KeyError, match="no fixture 'helo'"):
        fixtures.wav("helo")


def test_packets_join_to_the_whole() -> None:
    pcm = fixtures.wav("hello")
    cut = list(fixtures.packets(pcm))
    assert b"".join(cut) == pcm
    assert {len(packet) for packet in cut[:-1]} == {3200}
    assert len(next(fixtures.packets(bytes(9600), ms=20, rate=24_000))) == 960


def test_sounds_have_their_length_and_level() -> None:
    assert fixtures.pcm_ms(fixtures.silence(250)) == 250
    assert fixtures.pcm_ms(fixtures.tone(250, rate=24_000), 24_000) == 250
    noise = fixtures.to_samples(fixtures.noise(1000, -40))
    assert (sum(s * s for s in noise) / len(noise)) ** 0.5 == pytest.approx(327.68, rel=0.05)
    assert fixtures.noise(100, -40, 1) != fixtures.noise(100, -40, 2)


@pytest.mark.parametrize("rate", [8000, 24_000, 48_000])
def test_resampling_keeps_the_length(rate: Any) -> None:
    pcm = fixtures.wav("hello")
    assert fixtures.pcm_ms(fixtures.resample(pcm, 16_000, rate), rate) == fixtures.pcm_ms(pcm)


@pytest.mark.parametrize(("old", "new"), [(16_000, 24_000), (16_000, 11_025), (48_000, 16_000), (3, 7)])
@pytest.mark.parametrize("count", [1, 2, 5, 997])
def test_each_resampled_value_lies_between_its_neighbours(old: int, new: int, count: int) -> None:
    samples = fixtures.to_samples(fixtures.noise(1000, -10)[: 2 * count])
    wanted = []
    for number in range(count * new // old):
        whole, part = divmod(number * old, new)
        after = samples[min(whole + 1, count - 1)]
        wanted.append(samples[whole] + (after - samples[whole]) * part / new)
    assert fixtures.resample(samples.tobytes(), old, new) == fixtures.to_pcm(wanted)


def test_long_noise_is_a_second_of_it_over_and_over() -> None:
    assert fixtures.noise(2500) == (fixtures.noise(1000) * 3)[: 2500 * 32]
    assert fixtures.noise(400) == fixtures.noise(1000)[: 400 * 32]


def test_resampling_there_and_back_gives_the_same() -> None:
    pcm = fixtures.wav("hello")
    assert fixtures.resample(fixtures.resample(pcm, 16_000, 48_000), 48_000, 16_000) == pcm
    assert fixtures.resample(b"", 16_000, 8000) == b""
    assert fixtures.resample(pcm, 16_000, 16_000) is pcm


@pytest.mark.parametrize("size", [(16, 16), (1920, 1080), (3840, 2160)])
def test_a_grey_jpeg_has_its_size(size: tuple[int, int]) -> None:
    picture = fixtures.grey_jpeg(*size)
    assert jpeg_size(picture) == size
    assert picture.startswith(b"\xff\xd8")
    assert picture.endswith(b"\xff\xd9")


@pytest.mark.parametrize("more", [0, 4, 5, 60_000, 60_001, 60_004, 120_003, 180_000])
def test_a_padded_jpeg_is_as_long_as_asked_and_the_same_picture(more: int) -> None:
    picture = fixtures.grey_jpeg(32, 16)
    padded = fixtures.padded_jpeg(picture, len(picture) + more)
    assert len(padded) == len(picture) + more
    assert jpeg_size(padded) == (32, 16)


@pytest.mark.parametrize("more", [-1, 1, 3])
def test_a_jpeg_that_can_not_be_padded_so_says_so(more: int) -> None:
    picture = fixtures.grey_jpeg(32, 16)
    with pytest.raises(ValueError, match="can't be padded"):
        fixtures.padded_jpeg(picture, len(picture) + more)
