"""Every form in which a secret could come back is masked, and nothing else is."""

import base64
import html
import json
import random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cut import MASK, cut
from conformance.secrets import SecretError, Secrets, covered, held

KEY = "sk-4f9a8B7c6d5e/F3a+b1c0d9e8f7a6B5c"
HELD = Secrets([KEY])


def percent(text: str, only: str = "", digits: str = "%{:02X}") -> str:
    return "".join(digits.format(ord(letter)) if not only or letter in only else letter for letter in text)


FORMS = {
    "plain": KEY,
    "upper": KEY.upper(),
    "lower": KEY.lower(),
    "quoted": quote(KEY, safe=""),
    "every letter": percent(KEY),
    "every letter, small": percent(KEY, digits="%{:02x}"),
    "some letters": percent(KEY, "skb"),
    "percent twice": quote(percent(KEY)),
    "json": json.dumps(KEY),
    "json in json in json": json.dumps(json.dumps(json.dumps(KEY))),
    "json with its slash": KEY.replace("/", "\\/"),
    "unicode escapes": percent(KEY, digits="\\u{:04x}"),
    "unicode escapes in json": json.dumps(percent(KEY, digits="\\u{:04X}")),
    "unicode escapes in json in json": json.dumps(json.dumps(percent(KEY, digits="\\u{:04x}"))),
    "bytes": percent(KEY, digits="\\x{:02x}"),
    "html": percent(KEY, digits="&#{:d};"),
    "html in hex": percent(KEY, digits="&#x{:X};"),
    "html by name": KEY.replace("/", "&sol;").replace("+", "&plus;"),
    "html twice": html.escape(percent(KEY, digits="&#{:d};")),
    "hex": KEY.encode().hex(),
    "hex of a dump": KEY.encode().hex(" "),
    "hex with colons": KEY.encode().hex(":").upper(),
    "HEX": KEY.encode().hex().upper(),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 of a header": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    "base64 of a login": base64.b64encode(f"user:{KEY}".encode()).decode(),
    "urlsafe": base64.urlsafe_b64encode(f"a{KEY}b".encode()).decode(),
    "BASE64": base64.b64encode(KEY.encode()).decode().upper(),
    "base64, percent-encoded": quote(base64.b64encode(KEY.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found_told_as_whole_and_masked(form: str) -> None:
    text = f"before {FORMS[form]} after"
    assert [hit.whole for hit in HELD.hits(text)] == [True]
    masked = HELD.mask(text)
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert MASK in masked
    assert not HELD.found(masked)
    assert HELD.mask_bytes(text.encode()) == masked.encode()


@pytest.mark.parametrize(
    ("of", "form"),
    [
        (8, "plain"),
        (8, "hex"),
        (8, "Base64"),
    ],
)
@pytest.mark.parametrize("end", ["beginning", "end"])
def test_a_part_is_masked_from_eight_characters_on(of: int, form: str, end: str) -> None:
    def written(size: int, lead: int) -> str:
        part = KEY[:size] if end == "beginning" else KEY[-size:]
        if form == "plain":
            return part
        if form == "hex":
            return part.encode().hex()
        return base64.b64encode(b"\xff" * lead + part.encode() + b"\xff" * 3).decode()

    for lead in range(3):
        hits = HELD.hits(f"<{written(of, lead)}>")
        assert [(hit.form, hit.whole) for hit in hits] == [(form, False)]
        assert not HELD.found(f"<{written(of - 1, lead)}>")


def test_of_all_but_one_character_all_is_masked() -> None:
    assert HELD.mask(KEY[:-1] + "!") == MASK + "!"
    assert HELD.mask("!" + KEY[1:]) == "!" + MASK
    assert HELD.mask(KEY[:16] + "…" + KEY[-16:]) == f"{MASK}…{MASK}"
    assert HELD.mask(KEY[4:-4]) == KEY[4:-4]  # it neither begins nor ends it


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_base64_is_masked_at_every_offset(before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + KEY.encode() + after).decode()
    assert [hit.whole for hit in HELD.hits(text)] == [True]
    assert not HELD.found(HELD.mask(text))


@given(st.lists(st.sampled_from([KEY, KEY[:9], "\\", "\\n", "%", "&amp;", "%25", "\\u00", '"', "é", "İ", "x", "73"])))
def test_whatever_is_around_it_nothing_is_left_and_nothing_grows(parts: list[str]) -> None:
    text = "".join(parts)
    masked = HELD.mask(text)
    assert KEY not in masked
    assert len(masked) <= len(text)
    assert HELD.found(text) == (masked != text)
    assert covered(text, []) == text


@given(st.text('skSK-4f9a8b\\ux%&#;"{}[]: 0123İé🙂', max_size=60))
def test_what_holds_no_secret_stays(text: str) -> None:
    assert HELD.mask(text) == text
    assert HELD.mask_json(text) == text


def test_json_stays_json() -> None:
    for key in ('tk-"12\\345/67890', "1234567890", "tab-12345678"):
        secrets = Secrets([key])
        for value in (
            key,
            f"\n\t{key}\n",
            json.dumps(key),
            [{key: key}],
            1234567890,
            "\tab-12345678",
            {"n": -12345678901.5},
        ):
            text = json.dumps({"said": value, "then": "\\"})
            kept = json.loads(secrets.mask_json(text))
            assert kept["then"] == "\\"
            assert not secrets.found(json.dumps(kept))


def test_bytes_that_are_no_text_are_searched() -> None:
    payload = b"\xff\x00" + KEY.encode() + b"\x80"
    assert HELD.mask_bytes(payload) == b"\xff\x00" + MASK.encode() + b"\x80"
    assert HELD.mask_bytes(b"\xff\x80") == b"\xff\x80"
    other = "schlüssel-größe"
    assert Secrets([other]).mask_bytes(other.encode()) == MASK.encode()
    assert Secrets([other]).mask(quote(other)) == MASK
    assert Secrets(["two words of it"]).mask(quote_plus("two words of it")) == MASK


def test_several_secrets_are_masked_and_told_apart() -> None:
    secrets = Secrets([KEY, "the-other-one"])
    assert [hit.of for hit in secrets.hits(f"{KEY} the-other-one")] == [0, 1]
    assert secrets.number("the-other-one") == 1
    assert (secrets | ["a-third-one"]).number("a-third-one") == 2
    assert not Secrets(["seven77"])
    assert "other" not in repr(secrets)


def test_the_words_of_a_record_are_not_eaten() -> None:
    line = '{"kind":"conversation","type":"conversation.item.input_audio_transcription.completed"}'
    for key in ("conversation-12345", "12345-conversation"):
        assert Secrets([key]).mask(line) == line
        assert Secrets([key]).mask(f"<{key}>") == f"<{MASK}>"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0000", "fewer than 8"),
        ("1234567", "fewer than 8"),
        ("12345678", None),
        ("  12345678  ", None),
        ("sk-12345\nX-Evil: 1", "line end"),
        ("sk-12345\x1b[31m", "control character"),
        ("conversation", "word of what a run writes"),
        ("response.created", "word of what a run writes"),
    ],
)
def test_a_secret_that_can_not_be_kept_is_refused(value: str, says: str | None) -> None:
    for name in ("DASHSCOPE_API_KEY", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "BAILIAN_PROMETHEUS_PASSWORD"):
        if says is None:
            assert held({name: value}).number(value.strip()) == 0
            continue
        with pytest.raises(SecretError, match=says) as refused:
            held({name: value})
        assert str(refused.value).startswith(f"${name} ")
        assert value not in str(refused.value).replace("conversation, ", "")


def test_a_run_holds_what_the_environment_and_the_address_hold() -> None:
    env = {
        "DASHSCOPE_API_KEY": "sk-0123456789",
        "DASHSCOPE_API_KEY_FILE_PATH": "/home/someone/key",
        "DASHSCOPE_WORKSPACE_API_KEY": "sk-9876543210",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-abcdefgh",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s3cr3t-abcdefgh",
        "BAILIAN_SLS_PROJECT": "a-project-name",
        "BAILIAN_PROMETHEUS_URL": "https://someone:pr0m-pass@host.invalid/x",
        "https_proxy": "http://me:proxy-password@proxy.invalid",
        "HTTP_PROXY": "http://me:short@proxy.invalid",
        "PATH": "/usr/bin:/bin",
        "OTHER_TOKEN": "not-of-this-run",
    }
    secrets = held(env, "ws://user:p%40ssword@host.invalid/x?api_key=q-1234567&model=qwen-omni&Signature=a%2Bsignature")
    for value in ("sk-0123456789", "sk-9876543210", "LTAI-abcdefgh", "s3cr3t-abcdefgh", "pr0m-pass", "p@ssword",
                  "proxy-password", "q-1234567", "a+signature"):  # fmt: skip
        assert secrets.number(value) is not None, value
    for value in ("/home/someone/key", "a-project-name", "not-of-this-run", "qwen-omni", "someone"):
        assert not secrets.found(value), value
    with pytest.raises(SecretError, match="`token` in --endpoint has fewer than 8"):
        held({}, "ws://host/?token=short")
    with pytest.raises(SecretError, match="the login in --endpoint has fewer than 8"):
        held({}, "ws://user:short@host/")


def test_a_url_is_shown_without_what_is_secret_in_it() -> None:
    url = "ws://user:password-1@host:80/x?api_key=abcdefgh&model=m"
    assert held({}, url).shown(url) == f"ws://host:80/x?api_key={MASK}&model=m"
    assert held({}, "ws://[::1").shown("ws://[::1") == "ws://[::1"


def test_a_cut_never_falls_inside_a_mask() -> None:
    text = f"0123{MASK}rest"
    assert [cut(text, most) for most in (4, 5, 11, 12, 13)] == ["0123", "0123", "0123", f"0123{MASK}", f"0123{MASK}r"]
    assert cut("a [b", 3) == "a ["
    assert cut("short", 10) == "short"


def test_the_work_grows_with_the_text_and_no_faster() -> None:
    # Counted in what the reader looks at, not in seconds: escapes, backslashes and ampersands without end.
    rnd = random.Random(1)
    for piece in ("\\u0041", "%41", "\\", "&", "%25", KEY[:8], "s", '\\"'):
        text = piece * 20_000
        assert HELD.found(text) == (piece == KEY[:8])
    noise = base64.b64encode(rnd.randbytes(300_000)).decode()
    assert not HELD.found(noise)
    assert HELD.mask(noise[:100_000] + KEY + noise[100_000:]) == noise[:100_000] + MASK + noise[100_000:]
