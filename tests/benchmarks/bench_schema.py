"""How many events a second each validator judges.

Not a test: run it by hand, `python tests/benchmarks/bench_schema.py`.
"""

import base64
import time
from collections.abc import Callable
from typing import Any

from conformance.judge import schema

SECONDS = 1.0


def events() -> list[dict[str, Any]]:
    """Every example of the service, and as many 100 ms pieces of audio as a spoken reply has beside them."""
    examples = [event for kind in schema.server_types() for event in schema.schema("server", kind)["examples"]]
    piece = schema.schema("server", "response.audio.delta")["examples"][0]
    audio = base64.b64encode(bytes(4800)).decode()
    return examples + [{**piece, "delta": audio}] * len(examples)


def rate(judge: Callable[[dict[str, Any]], object], batch: list[dict[str, Any]]) -> float:
    """Judge the batch again and again for a while; events per second."""
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < SECONDS:
        for event in batch:
            judge(event)
        done += len(batch)
    return done / spent


def main() -> None:
    batch = events()
    library = schema._library()
    print(f"{len(batch)} events a round")
    for name, judge in {
        "jsonschema-rs": lambda event: library.judge("server", event["type"]).decides.is_valid(event),
        "jsonschema": lambda event: library.judge("server", event["type"]).explains.is_valid(event),
        "schema.is_valid": lambda event: schema.is_valid("server", event),
        "schema.extra_fields": lambda event: schema.extra_fields("server", event),
        "schema.shape": schema.shape,
    }.items():
        print(f"{name:20} {rate(judge, batch):10,.0f} events/s")


if __name__ == "__main__":
    main()
