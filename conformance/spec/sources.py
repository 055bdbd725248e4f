"""Where a source key leads: to the public address of a page, or to what was seen, by whom and when.

Every key that a clause, a question, a schema or a table names stands here; a test sees to it.
"""

from __future__ import annotations

_HELP = "https://www.alibabacloud.com/help/en/model-studio/"
_AID = "https://help.aliyun.com/zh/model-studio/"

ADDRESSES = {
    "CE": _HELP + "client-events",
    "SE": _HELP + "server-events",
    "RT": _HELP + "realtime",
    "RT-Q": "https://platform.qianwenai.com/docs",
    "FLOW": _AID + "omni-realtime-interaction-process",
    "PYDOC": _AID + "omni-realtime-python-sdk",
    "JAVADOC": _AID + "omni-realtime-java-sdk",
    "OV": _AID + "realtime-api-overview",
    "ERR": _HELP + "error-code",
    "RL": _AID + "rate-limit",
    "TELEMETRY": _HELP + "model-telemetry",
    "VOICE": _AID + "omni-voice-list",
    "QC": "https://docs.qwencloud.com/api-reference/real-time-multimodal/client-events",
    "QIAN": "https://platform.qianwenai.com/docs/api-reference/real-time-multimodal/client-events",
    "QA": _AID + "fun-audiochat-realtime-websocket-api",
    "ASR": _HELP + "qwen-asr-realtime-server-events",
    "LT": _AID,
    "PY": "https://github.com/dashscope/dashscope-sdk-python",
    "JAVA": "https://github.com/dashscope/dashscope-sdk-java",
    "DEMO": "https://github.com/aliyun/alibabacloud-bailian-speech-demo",
    "I140": "https://github.com/dashscope/dashscope-sdk-python/issues/140",
    "WS-REC": "https://github.com/yobo2u/omugw",
    "WS-EV": "https://github.com/yobo2u/omugw",
    "WS-D": "https://github.com/yobo2u/omugw",
    "WS-C": "https://github.com/yobo2u/omugw",
    "OAI-SPEC": "https://github.com/openai/openai-openapi",
    "LL": "https://github.com/BerriAI/litellm/pull/40579",
    "HAPI": "https://github.com/tiann/hapi/pull/977",
    "RFC6455": "https://www.rfc-editor.org/rfc/rfc6455",
    "RFC6750": "https://www.rfc-editor.org/rfc/rfc6750",
    "JSON": "https://www.rfc-editor.org/rfc/rfc8259",
}

NAMES = {
    "CE": "Model Studio, client events",
    "SE": "Model Studio, server events",
    "RT": "Model Studio, realtime guide",
    "RT-Q": "Qianwen platform, realtime guide",
    "FLOW": "Model Studio, interaction process",
    "PYDOC": "Model Studio, page of the Python SDK",
    "JAVADOC": "Model Studio, page of the Java SDK",
    "OV": "Model Studio, overview of realtime APIs",
    "ERR": "Model Studio, error codes",
    "RL": "Model Studio, rate limits",
    "TELEMETRY": "Model Studio, telemetry",
    "VOICE": "Model Studio, list of voices",
    "QC": "Qwen Cloud, client events",
    "QIAN": "Qianwen platform, events",
    "QA": "Model Studio, Qwen-Audio realtime (a sibling)",
    "ASR": "Model Studio, Qwen-ASR realtime (a sibling)",
    "LT": "Model Studio, Qwen-LiveTranslate (a sibling)",
    "PY": "code of the vendor's Python SDK",
    "JAVA": "code of the vendor's Java SDK",
    "DEMO": "code of the vendor's demo",
    "I140": "issue 140 of the Python SDK",
    "OAI-SPEC": "OpenAI's description of its API",
    "LL": "a pull request of LiteLLM",
    "HAPI": "a pull request of HAPI",
    "RFC6455": "RFC 6455, the WebSocket protocol",
    "RFC6750": "RFC 6750, bearer tokens",
    "JSON": "RFC 8259, JSON",
}
"""What pages and repositories are called; what third parties saw is described below."""

OF_OTHERS = frozenset({"I140", "LL", "HAPI", "OAI-SPEC"})
"""Addresses at which somebody else than the vendor speaks of this service."""

SEEN = {
    "WS-REC": "a byte-exact recording of a text session with two tool calls, Beijing, qwen3.5-flash (2026-10-04)",
    "WS-EV": "notes and a usage contract beside that recording (2026-10-04)",
    "WS-D": "live probes of a gateway's authors (2026-09-06)",
    "WS-C": "their study of RT, CE, SE, QA and PY (2026-09-06)",
    "APIYI": "an overview with measurements behind a gateway, qwen3.5 plus and flash (2026-08-24 and 2026-09-14)",
    "ROVER": "a client with measured notes, international host, qwen3.5 plus and flash (August 2026)",
    "NEO": "the realtime transport of a desktop application, a working client (July and August 2026)",
    "MAKER": "the page of a Delphi driver with a live check, qwen3.8 by default (2026-09-28)",
    "MEET": "documents of an Android application over AOQ and WebRTC, qwen3.8, the same events (October 2026)",
    "TUTOR": "an English tutor's client over WebSocket, qwen3.8, Beijing (2026)",
    "WATCH": "the tests of a client in Rust with recorded error payloads (2026)",
    "ROBOT": "a robot's client and its notes (August 2026)",
    "VPE": "a bridge for a voice assistant's hardware (2026)",
    "ESP": "an SDK for ESP32 boards (2026)",
    "MISC": "a client in Go and one in Rust, each on its own (2026)",
    "FIELD": "reports of people who ran these services, each on its own (collected 2026-11-27)",
}
"""Third parties, by what they are: one source is evidence, not proof."""

REPORTS = {
    "F1": "an account without the model: a frame without `type`, then TCP is dropped (live, 2026-09)",
    "F2": "a misspelt `model` is served by another, through a sibling on the same path (live, 2026-09-21)",
    "F3": "what 401, 403 and an early close 1011 mean (live, 2026-09-21)",
    "F4": "the texts of throttling on the error page (ERR, 2026-11)",
    "F5": "60 requests and 100,000 tokens a minute for an account and model (RL, an older copy)",
    "F6": "sessions lost without a close frame (a user, 2026-07-29)",
    "F7": "a close 1000 that got no close frame back, behind a gateway (a user, 2026-08-18)",
    "F8": "frames above 262,144 bytes end with 1009, on a sibling (live, 2026-09-21)",
    "F9": "qwen3.8 greets with a voice that it refuses (live, 2026-09-21 and 2026-09-23)",
    "F10": "which host qwen3.8 wants: two sources disagree (live, 2026-09)",
    "F11": "how much qwen3.8 remembers (a user, of a vendor's page, 2026-09)",
    "F12": "qwen3 and turbo are announced to be taken out of service (a vendor's notice and live, 2026-09-23)",
    "F13": "what qwen3 does with tools (a benchmark's suite, live, 2026-08-04)",
    "F14": "an idle session stays open (live, 2026-09-20)",
    "F15": "341 input tokens for a short first turn (live, 2026-10-04)",
    "F16": "previews of the transcription without restriction to voice detection (SE, 2026-11)",
    "F17": "errors with only a message (live, 2026-09)",
    "F18": "the duration in a sibling's usage is cumulative (live, 2026-09-21)",
    "F19": "a server that spoke to the wrong client (a user, 2026-04)",
    "F20": "clients that send all before they read (a user, 2026-09-23)",
    "F21": "clients that drop the close code (a user, 2026)",
    "F22": "recordings of browsers as HAR (a user, 2026-09-13)",
    "F23": "what the newest SDK sends at its end (PY, 2.0.2, 2026-11)",
    "F24": "a transcription after the reply, on a sibling (live, 2026-09-24)",
    "F25": "a `response.create` before `session.updated` is lost, on a sibling (live, 2026-09-25)",
    "F26": "a turn ends only while silence is streamed, on a sibling (live, 2026-09-24)",
    "F27": "a voice of another family refuses an update, on a sibling (live, 2026-09-24)",
}
"""What the field met, by number."""


def address(key: str) -> str | None:
    """The address of a source, or None when the key names something that has none."""
    return ADDRESSES.get(key)


def described(key: str) -> str | None:
    """What a source without a page of its own is, with its date; None for one that is a page."""
    return SEEN.get(key) or REPORTS.get(key)


def name(key: str) -> str:
    """A source in words; the key itself where nobody knows it."""
    return NAMES.get(key) or described(key) or key


def documented(key: str) -> bool:
    """Whether the vendor (or a standard) says so, in pages or in code of its own, and not somebody who saw it."""
    return key in NAMES and key not in OF_OTHERS
