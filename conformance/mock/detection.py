"""Voice detection: which settings are taken (CE)."""

from __future__ import annotations

from conformance.mock import errors
from conformance.mock.errors import Json, Refused
from conformance.mock.models import Model
from conformance.mock.ranges import VAD_NUMBERS, WORDS
from conformance.mock.switches import Switches
from conformance.mock.taking import Taking


def read(take: Taking, model: Model, switches: Switches, value: Json) -> Json:
    """The members of a `turn_detection` that was sent, those of other families left out."""
    param = "session.turn_detection"
    made: Json = {}
    kind = value.get("type")
    if kind is not None:
        kind = take.typed(f"{param}.type", kind, str, "a string")
        if kind not in WORDS["turn_detection.type"]:
            why = f"Supported values are: {', '.join(WORDS['turn_detection.type'])}."
            raise Refused(errors.wrong_value(f"{param}.type", kind, why))
        if kind == "semantic_vad" and not model.can("semantic_vad"):
            side = switches["semantic-vad-old"]
            if side == "error":
                raise Refused(errors.wrong_value(f"{param}.type", kind, "The model has server_vad only."))
            kind = "server_vad" if side == "dropped" else kind
        made["type"] = kind
    for name, bound in VAD_NUMBERS.items():
        if value.get(name) is not None:
            if name == "idle_timeout_ms" and (not model.can("idle_timeout") or kind == "semantic_vad"):
                continue
            take.number(made, name, f"{param}.{name}", value[name], bound)
    for name, switch in (
        ("create_response", "create-response-false"),
        ("interrupt_response", "interrupt-response-false"),
    ):
        if value.get(name) is not None:
            made[name] = take.typed(f"{param}.{name}", value[name], bool, "a boolean")
            if made[name] is False and switches[switch] == "error":
                raise Refused(errors.wrong_value(f"{param}.{name}", "false", "It is always true."))
    return made
