"""The command's parts that need no gateway: the mock where LiteLLM asks, and how differences are listed."""

from __future__ import annotations

import asyncio

from tests.gateways import litellm


def test_the_mock_greets_where_the_gateway_asks() -> None:
    with litellm.mock() as url:
        assert url.endswith(litellm.UPSTREAM)
        asyncio.run(litellm.greeted(url))


def test_each_difference_is_listed_with_what_follows() -> None:
    cause = {"words": "`x`: a here, b there", "conversations": ["a/B"], "follow": ["`y`"], "checks": []}
    row = {"id": "Q-DEFLATE", "here": "negotiated", "there": "not-negotiated", "detail": ""}
    assert list(litellm.told({"causes": [cause], "verdicts": [row]})) == [
        "- `x`: a here, b there (1 conversation, 1 difference that follows)",
        "  - `y`",
        "- Q-DEFLATE: negotiated through the gateway, not-negotiated without it",
    ]
