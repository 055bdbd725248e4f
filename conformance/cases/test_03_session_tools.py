"""§2.1  Session configuration: functions and MCP servers."""

import json
from typing import Any

from conformance.cases.updates import TOOL, ask, confirmed, echo, outcome, reaction, refused, words
from conformance.judge.verdicts import Inconclusive, other
from conformance.spec import must, observe, should
from conformance.wire import until

NAMED = {"type": "function", "function": {"name": "get_time"}}
MCP = {"type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp"}
# MCP entries that break a documented rule, by what is wrong with them.
MISUSES = {
    "no label": [{"type": "mcp", "server_url": MCP["server_url"]}],
    "label with a blank": [{**MCP, "server_label": "my docs"}],
    "one label twice": [MCP, MCP],
    "url with user": [{**MCP, "server_url": "https://me@example.com/mcp"}],
    "url with fragment": [{**MCP, "server_url": "https://example.com/mcp#part"}],
    "url with port": [{**MCP, "server_url": "https://example.com:8443/mcp"}],
    "private url": [{**MCP, "server_url": "https://192.168.0.1/mcp"}],
    "long url": [{**MCP, "server_url": f"https://example.com/{'x' * 4096}"}],
    "long authorization": [{**MCP, "authorization": "x" * 8193}],
    "authorization in lines": [{**MCP, "authorization": "Bearer\nx"}],
    "17 headers": [{**MCP, "headers": {f"x-conformance-{number}": "x" for number in range(17)}}],
    "host header": [{**MCP, "headers": {"Host": "example.com"}}],
    "mcp- header": [{**MCP, "headers": {"Mcp-Session": "x"}}],
    "long tool name": [{**MCP, "allowed_tools": ["x" * 65]}],
    "other approval": [{**MCP, "require_approval": "sometimes"}],
    "nine servers": [{**MCP, "server_label": f"docs{number}"} for number in range(9)],
}


class TestTools:
    """The client gives the model tools, well and badly made, takes them away, and asks for search beside them."""

    async def talk(self, call):
        await call(until("session.created"))
        none: dict[str, Any] = {"tools": []}
        flat = {"type": "function", **TOOL["function"]}
        await ask(call, "nested", session={"tools": [TOOL]})
        await ask(call, "taken away", session=none)
        await ask(
            call, "name only", session={"tools": [{"type": "function", "function": {"name": "ping"}}]}, reset=none
        )
        no_name = {"type": "function", "function": {"description": "Does nothing."}}
        await ask(call, "no name", session={"tools": [no_name]}, reset=none)
        odd = {"type": "function", "function": {"name": "ping", "parameters": {"type": "array", "items": {}}}}
        await ask(call, "odd parameters", session={"tools": [odd]}, reset=none)
        await ask(call, "no array", session={"tools": TOOL}, reset=none)
        await ask(call, "flat", session={"tools": [flat]}, reset=none)
        off = {"tools": [], "enable_search": False}
        await ask(call, "with search", session={"tools": [TOOL], "enable_search": True}, reset=off)

    @must("SES-030")
    def test_a_nested_function_is_echoed(self, wire):
        (tool,) = echo(wire, "nested").get("tools") or [{}]
        shown = tool.get("function") or {}
        assert {name: shown.get(name) for name in TOOL["function"]} == TOOL["function"]  # an echo may say more

    @should("SES-031")
    def test_a_name_is_enough(self, wire):
        confirmed(wire, "name only")

    @should("SES-032")
    def test_a_name_is_needed(self, wire):
        refused(wire, "no name")

    @should("SES-061")
    def test_parameters_are_an_object(self, wire):
        refused(wire, "odd parameters")

    @should("SES-033")
    def test_an_empty_list_takes_the_tools_away(self, wire):
        assert not echo(wire, "taken away").get("tools")

    @should("SES-034")
    def test_tools_are_an_array(self, wire):
        refused(wire, "no array")

    @observe("Q-FLAT-TOOL")
    def question_what_becomes_of_a_flat_tool(self, wire):
        return outcome(wire, "flat", lambda session: "accepted" if session.get("tools") else "dropped")

    @observe("Q-TOOLS-WITH-SEARCH")
    def question_what_becomes_of_tools_beside_search(self, wire):
        def read(session):
            both = bool(session.get("tools")), bool(session.get("enable_search"))
            by_name = {(True, True): "accepted", (True, False): "search-dropped", (False, True): "tools-dropped"}
            return by_name.get(both) or other("neither is echoed")

        return outcome(wire, "with search", read)


class TestMcp:
    """The client names an MCP server, first well, then against each rule that a client can break by itself."""

    SECRETS = {"authorization": "Bearer conformance-secret", "headers": {"X-Conformance": "conformance-header"}}

    async def talk(self, call):
        await call(until("session.created"))
        none: dict[str, Any] = {"tools": []}
        await ask(call, "no url", session={"tools": [{"type": "mcp", "server_label": "docs"}]}, reset=none)
        await ask(call, "long label", session={"tools": [{**MCP, "server_label": "x" * 65}]}, reset=none)
        plain = "http://example.com/mcp"
        await ask(call, "no https", session={"tools": [{**MCP, "server_url": plain}]}, reset=none)
        await ask(call, "whole", session={"tools": [{**MCP, **self.SECRETS}]}, reset=none)
        await ask(call, "beside a function", session={"tools": [MCP, NAMED]}, reset=none)
        for label, entries in MISUSES.items():
            await ask(call, label, session={"tools": entries}, reset=none)

    @should("SES-037")
    def test_nothing_secret_is_echoed(self, wire):
        if reaction(wire, "whole") != "updated":
            raise Inconclusive(f"the MCP server was not taken: {words(wire, 'whole')}")
        shown_back = json.dumps(echo(wire, "whole"))
        for secret in (MCP["server_url"], "conformance-secret", "conformance-header"):
            assert secret not in shown_back

    @should("SES-053")
    def test_a_label_is_a_name_of_its_own(self, wire):
        refused(wire, "no label", "label with a blank", "one label twice")

    @should("SES-054")
    def test_a_url_is_public(self, wire):
        refused(wire, "url with user", "url with fragment", "url with port", "private url", "long url")

    @should("SES-055")
    def test_an_authorization_is_a_short_line(self, wire):
        refused(wire, "long authorization", "authorization in lines")

    @should("SES-056")
    def test_headers_are_few_and_the_clients_own(self, wire):
        refused(wire, "17 headers", "host header", "mcp- header")

    @should("SES-057")
    def test_allowed_tools_have_short_names(self, wire):
        refused(wire, "long tool name")

    @should("SES-058")
    def test_approval_is_always_or_never(self, wire):
        refused(wire, "other approval")

    @should("SES-059")
    def test_there_are_eight_servers_at_most(self, wire):
        refused(wire, "nine servers")

    @should("SES-060")
    def test_functions_and_servers_may_be_mixed(self, wire):
        shown = echo(wire, "beside a function").get("tools") or []
        assert {entry.get("type") for entry in shown} == {"mcp", "function"}

    @should("SES-038")
    def test_a_url_is_needed(self, wire):
        refused(wire, "no url")

    @should("SES-039")
    def test_a_label_has_64_characters_at_most(self, wire):
        refused(wire, "long label")

    @should("SES-040")
    def test_a_url_is_https(self, wire):
        refused(wire, "no https")
