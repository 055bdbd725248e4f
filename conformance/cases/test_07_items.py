"""§7  Items and tools: text turns, calls of functions and their results."""

import base64
import json
from typing import Any

from conformance import fixtures
from conformance.cases.shared import BLUE_WHALE, BRIEF, user
from conformance.cut import listed
from conformance.guarded import object_at
from conformance.judge.acceptance import leg_with
from conformance.judge.places import calls, tool_round_trips
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, Uncooperative, other
from conformance.spec import may, must, observe, should
from conformance.wire import close, either, likely, maybe, quiet, send, until

# Letters of three planes, a picture made with a joiner, a flag of two code points.
PLANES = "Say yes. 回答是。 \U0001d11e \U00020bb7野家 \U0001f469\u200d\U0001f4bb \U0001f1e8\U0001f1f3"
KILOBYTES_100 = "a" * 100 * 1024
INVENTED_CALL = "call_of_nobody_000000000000"


def message(role, kind, text):
    """A message of another role; `kind` is the type of its content part."""
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def function(name, description, parameter):
    """A tool with one string parameter, in the nested form that the documentation shows."""
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {parameter: {"type": "string"}},
                "required": [parameter],
            },
        },
    }


WEATHER = function("get_weather", "Get the current weather of a city", "city")
TIME = function("get_time", "Get the local time of a city", "city")
USE_TOOLS = "Call the functions for every question about weather or time. Answer with at most six words."


def acknowledgement(wire, label):
    """The `conversation.item.created` that answers this item; whether one does is an open question for most items."""
    leg = leg_with(wire, label)
    found = [event for event in leg.replies(label) if event["type"] == "conversation.item.created"] if leg else []
    if not found:
        raise Inconclusive(f"{label} was not acknowledged")
    return found[0]


def reception(wire, *labels):
    """How items were received: `accepted`, `error` or `silent`, each with what was seen."""
    seen = []
    for label in labels:
        leg = leg_with(wire, label)
        if leg is None:
            raise Inconclusive(f"{label} was never sent")
        events = leg.replies(label)
        kinds = [event["type"] for event in events]
        if "error" in kinds:
            said = events[kinds.index("error")].get("error")
            seen.append(Seen("error", f"{label}: {json.dumps(said, ensure_ascii=False)}"))
        elif not kinds and leg.ending.first == "server":
            seen.append(other(f"{label}: closed with {leg.ending.code_received} {leg.ending.reason_received}"))
        else:
            seen.append(
                Seen("accepted" if "conversation.item.created" in kinds else "silent", f"{label}: {listed(kinds)}")
            )
    return seen


def refused(wire, label):
    """The item was answered by an `error`."""
    leg = leg_with(wire, label)
    if leg is None:
        raise Inconclusive(f"{label} was never sent")
    leg.error_to(label)


class TestTextItems:
    """The client types four messages, one after the other and each in its own way, and asks for one reply."""

    async def talk(self, call):
        await call(
            until("session.created"),
            send(
                "session.update",
                session={
                    "modalities": ["text"],
                    "instructions": "Answer with exactly one word: yes",
                    "turn_detection": None,
                    "max_tokens": 16,
                },
            ),
            until("session.updated"),
            send("conversation.item.create", label="first", item=user("Say yes.")),
        )
        first = await call(maybe("conversation.item.created", "error"))
        await call(
            send("conversation.item.create", label="planes", item=user(PLANES)),
            maybe("conversation.item.created", "error"),
            send("conversation.item.create", label="with id", item={"id": "item_of_the_client", **user("Say yes.")}),
            maybe("conversation.item.created", "error"),
        )
        shown = first.event.get("item") if first and first.type == "conversation.item.created" else None
        if isinstance(shown, dict) and shown.get("id"):
            await call(
                send(
                    "conversation.item.create",
                    label="after the first",
                    previous_item_id=shown["id"],
                    item=user("Say yes."),
                ),
                maybe("conversation.item.created", "error"),
            )
        await call(
            quiet(),
            send("response.create", label="create"),
            until("response.done"),
            quiet(),
            close(1000),
        )

    @should("ITM-001")
    def test_a_text_item_is_shown_as_a_finished_message(self, wire):
        item = object_at(acknowledgement(wire, "first"), "item")
        shown = [item.get(name) for name in ("type", "role", "status", "object")]
        assert shown == ["message", "user", "completed", "realtime.item"]

    @should("ITM-002")
    def test_a_text_item_is_shown_with_its_text(self, wire):
        assert object_at(acknowledgement(wire, "first"), "item").get("content") == user("Say yes.")["content"]

    @should("ITM-026")
    def test_characters_of_all_planes_survive(self, wire):
        assert object_at(acknowledgement(wire, "planes"), "item").get("content") == user(PLANES)["content"]

    @should("ITM-003")
    def test_an_item_has_an_id(self, wire):
        item_id = object_at(acknowledgement(wire, "first"), "item").get("id")
        assert isinstance(item_id, str)
        assert item_id

    @should("ITM-004")
    def test_two_items_get_one_reply(self, wire):
        acknowledgement(wire, "first")
        for label in ("first", "planes"):
            assert wire.answers_to(label) == ["conversation.item.created"], f"{label}: {listed(wire.answers_to(label))}"
        asked = wire.sent("create")
        started = [frame for frame in wire.after(asked) if frame.type == "response.created"]
        assert len(started) == 1, f"one response.create led to {len(started)} responses"

    @should("ITM-005")
    def test_an_item_starts_no_response(self, wire):
        acknowledgement(wire, "first")
        asked = wire.sent("create")
        early = [frame.type for frame in wire.received if frame.index < asked.index]
        assert "response.created" not in early

    @observe("Q-TEXT-ITEM")
    def question_is_text_accepted(self, wire):
        return reception(wire, "first")[0]

    @observe("Q-ITEM-ID")
    def question_is_the_clients_id_kept(self, wire):
        seen = reception(wire, "with id")[0]
        if seen.outcome != "accepted":
            return seen if seen.outcome == "error" else other(seen.evidence)
        given = object_at(acknowledgement(wire, "with id"), "item").get("id")
        return "honoured" if given == "item_of_the_client" else Seen("replaced", str(given))

    @observe("Q-PREVIOUS-ITEM-ID")
    def question_is_the_item_before_named(self, wire):
        first = "previous_item_id" in acknowledgement(wire, "first")
        later = "previous_item_id" in acknowledgement(wire, "planes")
        if first and not later:
            return other("only the first acknowledgement carries it")
        return "always" if first else "after-the-first" if later else "never"

    @observe("Q-PREVIOUS-ITEM-REQUEST")
    def question_can_an_item_be_placed(self, wire):
        acknowledgement(wire, "first")
        seen = reception(wire, "after the first")[0]
        if seen.outcome != "accepted":
            return seen if seen.outcome == "error" else other(seen.evidence)
        place = acknowledgement(wire, "after the first").get("previous_item_id")
        if place is None:
            return other("the acknowledgement names no item before it")
        if place == object_at(acknowledgement(wire, "first"), "item").get("id"):
            return "honoured"
        before = [frame.event for frame in wire.received if frame.index < wire.sent("after the first").index]
        last = [item_of(event) for event in before if event["type"] == "conversation.item.created"][-1]
        return Seen("ignored", place) if place == last else other(f"{place}; the last item was {last}")


HALF_A_SECOND = base64.b64encode(fixtures.wav("speech/hello.wav")[:16000]).decode()


class TestOddItems:
    """The client creates items that are incomplete, unusual or large, and asks for no reply."""

    items: dict[str, dict[str, Any]] = {
        "empty item": {"item": {}},
        "no item": {},
        "unknown item type": {"item": {"type": "conformance_no_such_item", "text": "hello"}},
        "system message": {"item": message("system", "input_text", "Be brief.")},
        "assistant message": {"item": message("assistant", "text", "Of course.")},
        "audio message": {
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "audio": HALF_A_SECOND}],
            }
        },
        "result of no call": {
            "item": {"type": "function_call_output", "call_id": INVENTED_CALL, "output": '{"degrees": 31}'}
        },
        "plain text": {"item": user("Say yes.")},
        "result without call_id": {"item": {"type": "function_call_output", "output": '{"degrees": 31}'}},
        "100 KB": {"item": user(KILOBYTES_100)},
    }

    async def talk(self, call):
        await call(until("session.created"))
        for label, fields in self.items.items():
            if not call.alive:
                await call.connect()
                await call(until("session.created"))
            await call(
                send("conversation.item.create", label=label, **fields),
                maybe("conversation.item.created", "error"),
            )

    @should("ITM-006")
    def test_an_unknown_item_type_is_refused(self, wire):
        refused(wire, "unknown item type")

    @should("ITM-022")
    def test_a_result_without_call_id_is_refused(self, wire):
        refused(wire, "result without call_id")

    @should("ITM-027")
    def test_100_kb_of_text_are_shown_whole(self, wire):
        acknowledgement(wire, "plain text")
        seen = reception(wire, "100 KB")[0]
        assert seen.outcome == "accepted", seen.evidence
        content = object_at(acknowledgement(wire, "100 KB"), "item").get("content")
        assert without_nulls(content) == user(KILOBYTES_100)["content"], (
            f"{len(json.dumps(content))} characters came back"
        )

    @observe("Q-ITEM-EMPTY")
    def question_what_an_empty_item_gets(self, wire):
        return both_or_other(reception(wire, "empty item", "no item"))

    @observe("Q-ITEM-ROLE")
    def question_may_the_client_speak_for_others(self, wire):
        seen = reception(wire, "system message", "assistant message")
        said = "; ".join(one.evidence for one in seen)
        if any(one.outcome == "error" for one in seen):
            return Seen("error", said)
        return Seen("accepted", said) if {one.outcome for one in seen} == {"accepted"} else other(said)

    @observe("Q-ITEM-CONTENT")
    def question_may_a_message_hold_audio(self, wire):
        seen = reception(wire, "audio message")[0]
        return seen if seen.outcome in {"accepted", "error"} else other(seen.evidence)

    @observe("Q-CALL-ID-UNKNOWN")
    def question_what_a_result_of_no_call_gets(self, wire):
        return reception(wire, "result of no call")[0]


def without_nulls(value):
    """A value without the members that are null: an event may show them (C21 and others), and they say nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def both_or_other(seen):
    """The outcome that all share, or `other`."""
    outcomes = {one.outcome for one in seen}
    said = "; ".join(one.evidence for one in seen)
    return Seen(outcomes.pop(), said) if len(outcomes) == 1 else other(said)


# The events in which a call shows itself, in the order of a live recording; between the second and the third
# come any number of deltas.
ITEM_ADDED = "response.output_item.added"
SHOWN = "conversation.item.created"
ARGUMENTS = "response.function_call_arguments.delta"
ARGUMENTS_DONE = "response.function_call_arguments.done"
ITEM_DONE = "response.output_item.done"
ORDER = [ITEM_ADDED, SHOWN, ARGUMENTS_DONE, ITEM_DONE]


def item_of(event):
    """The id of the item that an event is about."""
    item = event.get("item")
    return item.get("id") if isinstance(item, dict) else event.get("item_id")


def called(wire, nth=0):
    """Item ids of the calls of the `nth` response, by any of their events; inconclusive when there is no call."""
    response = wire.response(nth)
    ids = []
    for event in response.all(ITEM_ADDED, ARGUMENTS, ARGUMENTS_DONE, ITEM_DONE):
        item = event.get("item")
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "function_call" or event["type"] in {ARGUMENTS, ARGUMENTS_DONE}:
            ids.append(item_of(event))
    for done in response.all("response.done"):
        output = done["response"].get("output") or []
        ids += [item.get("id") for item in output if item.get("type") == "function_call"]
    if not ids:
        raise Uncooperative("the model called no function")
    return list(dict.fromkeys(ids))


def events_of(wire, item_id):
    """All server events about an item, in order; a tool's result later in the session is an item of its own."""
    return [frame.event for frame in wire.received if item_of(frame.event) == item_id]


def one_of(wire, item_id, kind):
    """The event of this type about an item; blocked by the order of a call where it never came."""
    for event in events_of(wire, item_id):
        if event["type"] == kind:
            return event
    raise Blocked(f"{kind} of {item_id}", "ITM-007")


def answered(wire):
    """The `response` object of the `response.done` that ends the first call's response (C37: 3.8 may lack it)."""
    called(wire)
    if "response.done" not in wire.response().types and wire.profile.family == "qwen3.8":
        raise Inconclusive("no `response.done` ended the calls, which Q-TOOL-RESPONSE-DONE records")
    return wire.response().done


def text_of(response):
    """What a response wrote, by its deltas or, without any, by its done event."""
    done = "".join(str(event.get("text", "")) for event in response.all("response.text.done"))
    return response.joined("response.text.delta") or done


def made(call):
    """Ids of the calls made so far, by their own events: the list in `response.done` may be missing (C37)."""
    events = [frame.event for frame in call.leg.frames if frame.side == "server" and frame.type == ARGUMENTS_DONE]
    return list(dict.fromkeys(event["call_id"] for event in events if event.get("call_id")))


def answered_by(wire, label):
    """The call was made and the client gave this result; inconclusive where it had no call to answer."""
    called(wire)
    if not any(frame.label == label for frame in wire.frames):
        raise Inconclusive("the client found no call to answer")
    return label


def result_of(wire):
    """The label of the result that the one call was answered by: the one with an id, or after its refusal the other."""
    label = answered_by(wire, "result with id")
    return answered_by(wire, "result") if "error" in wire.answers_to(label) else label


class TestOneCall:
    """The model calls a function; the client answers, waits, asks for the reply, and answers a second time.

    Voice detection stays on: whether the server replies to a result by itself is asked for that mode.
    """

    on = (
        calls.asked("ITM-008 ITM-009 ITM-011 ITM-012 ITM-014 ITM-028"),
        tool_round_trips.asked("ITM-015 ITM-016 Q-CREATE-AFTER-TOOL", named=("result with id",)),
    )

    async def talk(self, call):
        await call(
            until("session.created"),
            send(
                "session.update",
                session={
                    "modalities": ["text"],
                    "instructions": USE_TOOLS,
                    "tools": [WEATHER],
                    "max_tokens": 128,
                },
            ),
            until("session.updated"),
            send("conversation.item.create", item=user("What is the weather in Hangzhou?")),
            until("conversation.item.created"),
            send("response.create", label="question"),
        )
        # A response of calls may lack its end (C37): the calls are then taken from their own events.
        await call(likely("response.done"))
        if not made(call):
            return
        output = json.dumps({"degrees_celsius": 31, "sky": "clear"})
        result = {"type": "function_call_output", "call_id": made(call)[0], "output": output}
        call.note(output=output)
        received = await call(
            send("conversation.item.create", label="result with id", item={"id": "item_of_the_client", **result}),
            maybe("conversation.item.created", "error"),
        )
        if received is not None and received.type == "error":
            await call(
                send("conversation.item.create", label="result", item=result),
                maybe("conversation.item.created", "error"),
            )
        if await call(maybe("response.created")) is not None:
            await call(until("response.done"))
        else:
            await call(send("response.create", label="ask"), until("response.done"))
        await call(
            send("conversation.item.create", label="second result", item=result),
            maybe("conversation.item.created", "error"),
            close(1000),
        )

    @must("ITM-008")
    def test_a_call_is_added_without_arguments(self, wire):
        for item_id in called(wire):
            item = one_of(wire, item_id, ITEM_ADDED)["item"]
            assert [item.get(name) for name in ("type", "status", "arguments")] == ["function_call", "in_progress", ""]
            assert item.get("call_id"), f"`call_id` is {item.get('call_id')!r}"
            assert item.get("name"), f"`name` is {item.get('name')!r}"

    @should("ITM-028")
    def test_the_conversation_gets_the_call_as_it_was_added(self, wire):
        for item_id in called(wire):
            added = one_of(wire, item_id, ITEM_ADDED)["item"]
            shown = [event["item"] for event in wire.all("conversation.item.created") if event["item"]["id"] == item_id]
            if not shown:
                raise Blocked("conversation.item.created of the call", "GEN-014")
            for name in ("call_id", "name", "status", "arguments"):
                assert shown[0].get(name) == added.get(name), f"`{name}` is {shown[0].get(name)!r}"

    @must("ITM-009")
    def test_a_call_has_one_call_id(self, wire):
        for item_id in called(wire):
            bearers = [event.get("item", event) for event in events_of(wire, item_id)]
            bearers += [item for item in wire.response().all("response.done") for item in entries_of(item, item_id)]
            ids = {bearer["call_id"] for bearer in bearers if "call_id" in bearer}
            assert len(ids) == 1, f"the events of {item_id} bear {sorted(map(str, ids))}"

    @must("ITM-010")
    def test_the_function_is_one_of_the_clients(self, wire):
        for item_id in called(wire):
            assert one_of(wire, item_id, ARGUMENTS_DONE).get("name") == "get_weather"
            assert one_of(wire, item_id, ITEM_ADDED)["item"].get("name") == "get_weather"

    @should("ITM-011")
    def test_the_arguments_are_a_json_object(self, wire):
        for item_id in called(wire):
            arguments = one_of(wire, item_id, ARGUMENTS_DONE).get("arguments")
            assert isinstance(parsed(arguments), dict), f"`arguments` is {arguments!r}"

    @must("ITM-012")
    def test_the_done_item_repeats_the_arguments(self, wire):
        for item_id in called(wire):
            item = one_of(wire, item_id, ITEM_DONE)["item"]
            assert item.get("status") == "completed"
            assert item.get("arguments") == one_of(wire, item_id, ARGUMENTS_DONE).get("arguments")

    @must("ITM-014")
    def test_a_call_has_no_content_parts(self, wire):
        for item_id in called(wire):
            kinds = [event["type"] for event in events_of(wire, item_id)]
            assert not [kind for kind in kinds if kind.startswith("response.content_part.")]

    @must("ITM-015")
    def test_a_result_is_shown_as_it_was_sent(self, wire):
        label = result_of(wire)
        seen = reception(wire, label)[0]
        assert seen.outcome == "accepted", seen.evidence
        item = object_at(acknowledgement(wire, label), "item")
        shown = [item.get(name) for name in ("type", "status", "output")]
        assert shown == ["function_call_output", "completed", wire.notes["output"]]
        assert item.get("call_id") == wire.sent(label).event["item"]["call_id"]

    @must("ITM-016")
    def test_a_result_gets_its_reply(self, wire):
        result_of(wire)
        if answers_itself(wire):
            raise Inconclusive("the server replied by itself, which Q-CREATE-AFTER-TOOL records")
        assert "response.created" in [frame.type for frame in wire.after(wire.sent("ask"))]
        assert wire.response(1).done.get("status") == "completed"

    @should("ITM-017")
    def test_the_reply_uses_the_result(self, wire):
        result_of(wire)
        said = text_of(wire.response(1))
        with wire.model_chose():
            assert "31" in said or "thirty" in said.lower(), f"31 degrees were reported, the reply is {said!r}"

    @observe("Q-ITEM-ID-TOOL-OUTPUT")
    def question_is_the_clients_id_of_a_result_kept(self, wire):
        seen = reception(wire, answered_by(wire, "result with id"))[0]
        if seen.outcome != "accepted":
            return seen if seen.outcome == "error" else other(seen.evidence)
        given = object_at(acknowledgement(wire, "result with id"), "item").get("id")
        return "honoured" if given == "item_of_the_client" else Seen("replaced", str(given))

    @observe("Q-CREATE-AFTER-TOOL")
    def question_does_a_result_start_the_reply(self, wire):
        result_of(wire)
        return "answers-itself" if answers_itself(wire) else "create-required"

    @observe("Q-TOOL-RESPONSE-DONE")
    def question_does_a_call_end_its_response(self, wire):
        calls = called(wire)
        open_ = [item_id for item_id in calls if ITEM_DONE not in [event["type"] for event in events_of(wire, item_id)]]
        if "response.done" in wire.response().types:
            return "sent"
        return other(f"not done: {open_}") if open_ else "missing"

    @observe("Q-CALL-ID-TWICE")
    def question_what_a_second_result_gets(self, wire):
        acknowledgement(wire, result_of(wire))
        seen = reception(wire, "second result")[0]
        return seen if seen.outcome in {"accepted", "error"} else other(seen.evidence)


def answers_itself(wire):
    """Whether the reply to a result began before the client asked for it."""
    given = wire.sent(result_of(wire))
    asks = [frame.index for frame in wire.frames if frame.label == "ask"]
    end = asks[0] if asks else len(wire.frames)
    return any(frame.type == "response.created" and frame.index < end for frame in wire.after(given))


def entries_of(done, item_id):
    """The entries with this id in the output of a `response.done`."""
    return [item for item in done["response"].get("output") or [] if item.get("id") == item_id]


def parsed(text):
    """The JSON value of a text, or None."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


class TestTwoCalls:
    """A question that needs two functions: two calls, two results, one reply."""

    on = calls.asked("ITM-007 ITM-013")

    async def talk(self, call):
        await call(
            until("session.created"),
            send(
                "session.update",
                session={
                    "modalities": ["text"],
                    "instructions": USE_TOOLS,
                    "turn_detection": None,
                    "tools": [WEATHER, TIME],
                    "max_tokens": 128,
                },
            ),
            until("session.updated"),
            send("conversation.item.create", item=user("Look up both the weather and the time in Hangzhou.")),
            until("conversation.item.created"),
            send("response.create", label="question"),
            until("response.done"),
        )
        for number, call_id in enumerate(made(call)):
            await call(
                send(
                    "conversation.item.create",
                    label=f"result {number}",
                    item={"type": "function_call_output", "call_id": call_id, "output": '{"value": "fine"}'},
                ),
                maybe("conversation.item.created", "error"),
            )
        if made(call):
            await call(send("response.create", label="ask"), until("response.done"))
        await call(quiet(), close(1000))

    @must("ITM-007")
    def test_a_call_shows_itself_in_the_live_order(self, wire):
        for item_id in called(wire):
            seen = [event["type"] for event in events_of(wire, item_id)]
            kept = [kind for kind in seen if not kind.startswith("response.content_part.")]
            assert [kind for kind in kept if kind != ARGUMENTS] == ORDER, f"{item_id}: {kept}"
            deltas = [place for place, kind in enumerate(kept) if kind == ARGUMENTS]
            assert deltas == list(range(2, 2 + len(deltas))), f"{item_id}: {kept}"

    @must("ITM-013")
    def test_response_done_lists_every_call(self, wire):
        output = answered(wire).get("output") or []
        calls = {item.get("call_id"): item for item in output if item.get("type") == "function_call"}
        for item_id in called(wire):
            done = one_of(wire, item_id, ARGUMENTS_DONE)
            names = ("call_id", "name", "arguments")
            shown = calls.get(done.get("call_id"), {})
            assert [shown.get(name) for name in names] == [done.get(name) for name in names]

    @should("ITM-018")
    def test_calls_come_one_after_the_other(self, wire):
        calls = two_calls(wire)
        about = [item_of(frame.event) for frame in wire.response().frames if item_of(frame.event) in calls]
        runs = [item for place, item in enumerate(about) if place == 0 or about[place - 1] != item]
        assert runs == calls, f"the events change between the calls: {runs}"

    @should("ITM-019")
    def test_two_results_get_one_reply(self, wire):
        two_calls(wire)
        for label in ("result 0", "result 1"):
            answered_by(wire, label)
            assert wire.answers_to(label) == ["conversation.item.created"], f"{label}: {listed(wire.answers_to(label))}"
        asked = wire.sent("ask")
        started = [frame for frame in wire.after(asked) if frame.type == "response.created"]
        assert len(started) == 1, f"one response.create led to {len(started)} responses"
        assert wire.response(1).done.get("status") == "completed"

    @may("ITM-020")
    def test_arguments_come_in_deltas(self, wire):
        called(wire)
        assert wire.response().all(ARGUMENTS), "every call had its arguments in one piece"

    @should("ITM-021")
    def test_a_delta_names_its_call(self, wire):
        calls = called(wire)
        if not wire.response().all(ARGUMENTS):
            raise Blocked(ARGUMENTS, "ITM-020")
        for delta in wire.response().all(ARGUMENTS):
            assert delta.get("item_id") in calls
            assert delta.get("call_id") == one_of(wire, delta["item_id"], ARGUMENTS_DONE).get("call_id")

    @observe("Q-OUTPUT-INDEX")
    def question_are_items_numbered(self, wire):
        called(wire)
        indexes = [event.get("output_index") for event in wire.response().all(ITEM_ADDED)]
        if len(indexes) < 2:
            return Seen("one-call", str(indexes))
        if indexes == list(range(len(indexes))):
            return Seen("real", str(indexes))
        return Seen("always-zero", str(indexes)) if set(indexes) == {0} else other(indexes)


def two_calls(wire):
    """Item ids of the calls of a response that made at least two."""
    calls = called(wire)
    if len(calls) < 2:
        raise Uncooperative("the model called one function only")
    return calls


class TestOddResults:
    """The client answers a call without `output`, then with an empty one; its tool is in the flat style.

    Where the flat style is refused the nested one is used: what becomes of it is asked in the chapter on sessions.
    """

    async def talk(self, call):
        session = {
            "modalities": ["text"],
            "instructions": USE_TOOLS,
            "turn_detection": None,
            "max_tokens": 64,
        }
        flat = {"type": "function", **WEATHER["function"]}
        answer = await call(
            until("session.created"),
            send("session.update", label="flat", session={**session, "tools": [flat]}),
            either(until("session.updated"), until("error")),
        )
        if answer is None or answer.type == "error":
            await call(
                send("session.update", label="nested", session={**session, "tools": [WEATHER]}),
                until("session.updated"),
            )
        await call(
            send("conversation.item.create", item=user("What is the weather in Hangzhou?")),
            until("conversation.item.created"),
            send("response.create", label="question"),
            until("response.done"),
        )
        for call_id in made(call)[:1]:
            await call(
                send(
                    "conversation.item.create",
                    label="no output",
                    item={"type": "function_call_output", "call_id": call_id},
                ),
                maybe("conversation.item.created", "error"),
                send(
                    "conversation.item.create",
                    label="empty output",
                    item={"type": "function_call_output", "call_id": call_id, "output": ""},
                ),
                maybe("conversation.item.created", "error"),
            )
        if call.alive:
            await call(close(1000))

    @should("ITM-023")
    def test_a_result_without_output_is_refused(self, wire):
        refused(wire, answered_by(wire, "no output"))

    @observe("Q-EMPTY-OUTPUT")
    def question_may_a_result_be_empty(self, wire):
        if "conversation.item.created" in wire.answers_to(answered_by(wire, "no output")):
            raise Inconclusive("the call was already answered by a result without `output`")
        seen = reception(wire, "empty output")[0]
        return seen if seen.outcome in {"accepted", "error"} else other(seen.evidence)


class TestSpeakAndCall:
    """The client wants a sentence first and a call after it."""

    script = [
        until("session.created"),
        send(
            "session.update",
            session={
                "modalities": ["text"],
                "instructions": "Always write one short sentence first and then call the function.",
                "turn_detection": None,
                "tools": [WEATHER],
                "max_tokens": 64,
            },
        ),
        until("session.updated"),
        send(
            "conversation.item.create",
            item=user("Greet me in one short sentence, then look up the weather in Hangzhou."),
        ),
        until("conversation.item.created"),
        send("response.create"),
        until("response.done"),
        close(1000),
    ]

    @observe("Q-MIXED-OUTPUT")
    def question_can_a_response_speak_and_call(self, wire):
        called(wire)
        kinds = [event["item"].get("type") for event in wire.response().all(ITEM_ADDED)]
        if set(kinds) == {"function_call"}:
            return Seen("calls-only", str(kinds))
        if set(kinds) != {"function_call", "message"}:
            return other(kinds)
        return Seen("message-first" if kinds[0] == "message" else "call-first", str(kinds))


class TestRequired:
    """The client demands a call where none is needed."""

    async def talk(self, call):
        answer = await call(
            until("session.created"),
            send(
                "session.update",
                label="required",
                session={
                    "modalities": ["text"],
                    "instructions": BRIEF,
                    "turn_detection": None,
                    "tools": [WEATHER],
                    "tool_choice": "required",
                    "max_tokens": 64,
                },
            ),
            either(until("session.updated"), until("error")),
        )
        if answer is not None and answer.type == "session.updated":
            await call(
                send("conversation.item.create", item=user(BLUE_WHALE)),
                until("conversation.item.created"),
                send("response.create"),
                until("response.done"),
            )
        if call.alive:
            await call(close(1000))

    @observe("Q-TOOL-CHOICE-REQUIRED")
    def question_does_required_force_a_call(self, wire):
        if "error" in wire.answers_to("required"):
            return Seen("refused", json.dumps(wire.error_to("required"), ensure_ascii=False))
        kinds = [item.get("type") for item in wire.response().done.get("output") or []]
        if "function_call" in kinds:
            return Seen("honoured", str(kinds))
        return Seen("ignored", str(kinds)) if kinds else other("an empty output")
