"""Scripted answers: what the mock says, whom it calls, what it hears and how it sounds.

Nothing here is random and nothing is I/O: the same request gives the same answer, so that a failing
conversation can be held again.  The rules are few, and tried in this order:

1. A proactive answer (nobody spoke) asks whether the user is still there.
2. Tool outputs that came after the last user turn are put in words.
3. `tool_choice` "required", or a user turn that mentions a tool, gives calls (unless `tool_choice` is "none", or
   calls were already made for that turn).
4. "Answer with exactly two words: blue whale", "Say hello", "Reply with: ok" are obeyed, in the user's turn or in
   the instructions.
5. "Count to 30" counts and "tell me a story" tells one: answers long enough to interrupt.
6. Everything else is acknowledged: "You said: …", in Chinese when the instructions ask for Chinese.
"""

from __future__ import annotations

from conformance import fixtures
from conformance.mock import calling, saying, sounding
from conformance.mock.requests import OUTPUT_RATE, Answer, Request, cut, last_user_text, outputs_after_last_turn


class Brain:
    """The scripted model."""

    def answer(self, request: Request) -> Answer:
        """Return the answer to a conversation so far."""
        chinese = saying.wants_chinese(request.instructions)
        if request.proactive:
            return cut(saying.still_there(chinese=chinese), request.max_tokens)
        outputs = outputs_after_last_turn(request.history)
        if outputs:
            return cut(saying.found(outputs, chinese=chinese), request.max_tokens)
        said = last_user_text(request.history)
        called = calling.calls(request, said)
        if called:
            return Answer(text="", calls=called)
        return cut(saying.reply(said, request.instructions, chinese=chinese), request.max_tokens)

    def hear(self, pcm: bytes, rate: int = fixtures.INPUT_RATE) -> str:
        """Return the transcript of s16le mono audio."""
        return sounding.heard(pcm, rate)

    def synthesise(self, text: str, voice: str, rate: int = OUTPUT_RATE) -> bytes:
        """Return s16le mono audio that sounds like babble: about 70 ms a character, at most 6 s."""
        return sounding.babble(text, voice, rate)
