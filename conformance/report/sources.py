"""Where a source key leads: the public address of the page, for links in the report and in SARIF."""

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
    "LL": "https://github.com/BerriAI/litellm/pull/40579",
    "HAPI": "https://github.com/tiann/hapi/pull/977",
    "RFC6455": "https://www.rfc-editor.org/rfc/rfc6455",
    "RFC6750": "https://www.rfc-editor.org/rfc/rfc6750",
    "JSON": "https://www.rfc-editor.org/rfc/rfc8259",
}


def address(key: str) -> str | None:
    """The address of a source, or None when the key names something that has none."""
    return ADDRESSES.get(key)
