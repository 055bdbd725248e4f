"""Naming an endpoint."""

from urllib.parse import urlsplit

import pytest

from conformance.wire.target import EMBEDDED, LIVE, TargetError, resolve

MODEL = "qwen3.5-omni-flash-realtime"


def named(endpoint: str | None, key: str | None = "sk-1", workspace: str | None = None):
    return resolve(endpoint, model=MODEL, key=key, workspace=workspace)


def test_without_a_key_the_mock_is_judged() -> None:
    target = named(None, key=None)
    assert (target.kind, target.name, target.deadlines) == ("mock", "mock", EMBEDDED)


def test_with_a_key_beijing_is_judged() -> None:
    target = named(None)
    assert target.address() == f"wss://dashscope.aliyuncs.com/api-ws/v1/realtime?model={MODEL}"
    assert target.kind == "live"
    assert target.deadlines == LIVE
    assert target.pace == 1.0


def test_a_workspace_has_its_own_host() -> None:
    assert named("singapore", workspace="ws1").url == "wss://ws1.ap-southeast-1.maas.aliyuncs.com/api-ws/v1/realtime"


@pytest.mark.parametrize(
    "workspace", ["evil.example/?", "evil.example#", "a@evil", "a:1", "", "ä", "a_b", "a" * 64, "a\n"]
)
@pytest.mark.parametrize("endpoint", ["beijing", "mock"])
def test_a_workspace_that_is_no_id_gets_no_key(workspace: str, endpoint: str) -> None:
    with pytest.raises(TargetError, match="letters, digits and hyphens"):
        named(endpoint, workspace=workspace)


@pytest.mark.parametrize("workspace", ["ws-1", "LLM-0a", "a" * 63])
def test_a_workspace_leads_to_the_provider_s_own_host(workspace: str) -> None:
    host = urlsplit(named("beijing", workspace=workspace).address()).hostname
    assert host == f"{workspace.lower()}.cn-beijing.maas.aliyuncs.com"


def test_the_model_s_name_leads_to_no_other_host() -> None:
    target = resolve("beijing", model="x@evil.example/#?", key="sk-1", workspace=None)
    assert urlsplit(target.address()).hostname == "dashscope.aliyuncs.com"


@pytest.mark.parametrize("url", ["ws://user:password@", "http://user:password@host", "ws://user:password@host:99999"])
def test_a_wrong_endpoint_is_told_without_its_login(url: str) -> None:
    with pytest.raises(TargetError) as told:
        named(url)
    assert "password" not in str(told.value)


def test_the_live_key_never_reaches_the_embedded_mock() -> None:
    assert named("mock", key="sk-secret").key == "mock-key"


def test_the_key_is_not_in_the_repr() -> None:
    assert "sk-secret" not in repr(named("beijing", key="sk-secret"))


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ("hangzhou", "neither one of mock, beijing, singapore nor a ws:// or wss:// URL"),
        ("https://dashscope.aliyuncs.com", "neither one of"),
        ("ws://", "neither one of"),
        ("ws://127.0.0.1:99999/x", "Port out of range"),
        ("ws://192.0.2.1/x", "only over TLS"),
    ],
)
def test_a_wrong_endpoint_gets_one_clear_sentence(endpoint: str, says: str) -> None:
    with pytest.raises(TargetError, match=says):
        named(endpoint)


def test_a_region_needs_a_key() -> None:
    with pytest.raises(TargetError, match="DASHSCOPE_API_KEY"):
        named("beijing", key=None)


def test_a_loopback_url_needs_neither_key_nor_tls() -> None:
    target = named("ws://127.0.0.1:8765", key=None)
    assert target.url == "ws://127.0.0.1:8765/api-ws/v1/realtime"
    assert target.key == "mock-key"
    assert target.pace == 0.0


def test_a_loopback_url_gets_the_key_that_is_set() -> None:
    assert named("ws://localhost:8765/x").key == "sk-1"


def test_a_model_in_the_url_is_replaced_by_the_option() -> None:
    assert named("wss://example.com/x?model=other&a=1").address() == f"wss://example.com/x?a=1&model={MODEL}"


def test_the_model_parameter_can_be_left_out_or_changed() -> None:
    target = named("beijing")
    assert target.address(with_model=False).endswith("/realtime")
    assert target.address(model="no such").endswith("?model=no%20such")
