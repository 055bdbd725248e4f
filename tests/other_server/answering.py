"""What a session says: the items of its conversation, the replies to them, and what they cost."""

from __future__ import annotations

import asyncio
import json
import math

from . import mind, settings
from .reply import Reply, tokens
from .turns import Hearing
from .ways import Json

HIDDEN = 9  # tokens of a prompt that nobody sees


class Answering(Hearing):
    """The half of a session that answers; `Session` has what it rests on."""

    def add(self, item: Json) -> None:
        """Put an item at the end of the conversation and tell it."""
        shown = {name: value for name, value in item.items() if name != "words"}
        event: Json = {"type": "conversation.item.created", "item": shown}
        last = self.items[-1]["id"] if self.items else None
        if self.ways.first_previous != "never" and (last or self.ways.first_previous == "null"):
            event["previous_item_id"] = last
        self.items.append(item)
        self.send(event)

    def create_item(self, event: Json) -> None:
        item = event.get("item")
        if not isinstance(item, dict) or not item:
            return self.fail("item must be an object.", param="item", cause=event)
        wanted = item.get("id")
        if isinstance(wanted, str) and any(one["id"] == wanted for one in self.items):
            return self.fail("An item with this id exists.", param="item.id", cause=event)
        honoured = isinstance(wanted, str) and wanted and self.ways.item_ids == "honoured"
        name = wanted if honoured else self.new_id("item")
        made: Json = {"id": name, "object": "realtime.item", "status": "completed", "type": item.get("type")}
        if item.get("type") == "message":
            content, role = item.get("content"), item.get("role")
            fits = isinstance(content, list) and content and role in {"user", "system", "assistant"}
            if not fits or not all(
                isinstance(part, dict)
                and part.get("type") in {"input_text", "text"}
                and isinstance(part.get("text"), str)
                for part in content  # type: ignore[union-attr]
            ):
                return self.fail("Invalid message item.", param="item.content", cause=event)
            self.add({**made, "role": role, "content": content})
        elif item.get("type") == "function_call_output":
            call, output = item.get("call_id"), item.get("output")
            if not isinstance(call, str) or not isinstance(output, str):
                return self.fail("call_id and output must be strings.", param="item", cause=event)
            self.add({**made, "call_id": call, "output": output})
            self.outputs.append(output)
            if self.ways.after_tools == "alone" and self.felt["turn_detection"] is not None and self.reply is None:
                self.answer({})
        else:
            return self.fail(f"Invalid item type: {item.get('type')!r}.", param="item.type", cause=event)
        return None

    def create_reply(self, event: Json) -> None:
        asked = event.get("response")
        asked = {name: value for name, value in asked.items() if value is not None} if isinstance(asked, dict) else {}
        for name in ("modalities", "instructions", "max_tokens"):
            if name in asked and not settings.FITS[name](asked[name]):
                return self.fail(f"Invalid value for response.{name}.", param=f"response.{name}", cause=event)
        if self.reply is not None:
            return self.fail("Conversation already has an active response", cause=event)
        for item in self.memory.pop("held back", []):
            self.add(item)
        self.answer(asked)
        return None

    def answer(self, asked: Json) -> None:
        """Begin a reply to what was said last."""
        said = [text for item in self.items if (text := self._text(item, "user"))]
        config = self.felt
        instructions = asked.get("instructions") or config.get("instructions") or ""
        tools = config.get("tools") or []
        last = said[-1] if said else ""
        thought = mind.think(instructions, last, said[:-1], tools, self.outputs)
        self.outputs = []
        self.replies += 1
        spent = HIDDEN + tokens(instructions) + tokens(json.dumps(tools) if tools else "")
        audio = pictures = 0
        for item in self.items:
            if item["id"] in self.heard:
                seconds, images = self.heard[item["id"]]
                audio += self._audio(seconds, self.family.audio_in)
                pictures += images
            else:
                spent += tokens(self._text(item) or "")
        usage_in = {"text_tokens": spent, "audio_tokens": audio, "image_tokens": pictures}
        self.reply = Reply(self, asked, thought, usage_in)
        self.reply.search = bool(config.get("enable_search")) and "news" in last  # type: ignore[attr-defined]
        self.reply.start()

    @staticmethod
    def _text(item: Json, role: str | None = None) -> str:
        if role is not None and item.get("role") != role:
            return ""
        parts = [str(part.get("text") or part.get("transcript") or "") for part in item.get("content", ())]
        return " ".join([*parts, item.get("words", ""), item.get("output", ""), item.get("arguments", "")]).strip()

    def _audio(self, seconds: float, rate: float) -> int:
        exact = max(1.0, seconds) * rate
        return {"up": math.ceil, "down": math.floor, "nearest": round}[self.ways.rounding](round(exact, 6))

    def spent(self, reply: Reply) -> Json:
        """The usage of a reply that is over."""
        inputs = dict(reply.usage_in)
        outputs = {"text_tokens": reply.used}
        if reply.seconds:
            outputs["audio_tokens"] = self._audio(reply.seconds, self.family.audio_out)
            self.memory["spoke"] = True
        usage = {
            "input_tokens": sum(inputs.values()),
            "output_tokens": sum(outputs.values()),
            "input_tokens_details": {name: count for name, count in inputs.items() if count},
            "output_tokens_details": {name: count for name, count in outputs.items() if count},
        }
        usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]
        if self.ways.cached_tokens:
            usage["input_tokens_details"]["cached_tokens"] = 0
        if getattr(reply, "search", False):
            usage["plugins"] = {"search": {"count": 1, "strategy": "agent"}}
        self.usage.append(usage)
        return json.loads(json.dumps(usage))  # type: ignore[no-any-return]

    def over(self, reply: Reply) -> None:
        """A reply has ended."""
        if self.reply is reply:
            self.reply = None
        for item in reply.output:
            for known in self.items:
                if known["id"] == item["id"]:
                    known.update(item)
        late, self._late = self._late, []
        for work in late:
            self.task(work)
        if self.memory.get("finishing"):
            return self._finished()
        if self.waiting:
            self.waiting -= 1
            return self.answer({})
        detection = self.felt["turn_detection"]
        if detection and detection.get("idle_timeout_ms") and detection["type"] == "server_vad":
            self._proactive = self.task(self._by_itself(detection["idle_timeout_ms"] / 1000))
        return None

    async def _by_itself(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.reply is None:
            self.answer({})

    def cancel(self, event: Json) -> None:
        if self.reply is None:
            return self.fail("Conversation has none active response", code="", cause=event)
        if not self.lying("ignores-cancel"):
            self.reply.end(self.ways.cancelled)
        return None
