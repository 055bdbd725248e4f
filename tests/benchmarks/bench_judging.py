"""How many frames a second every rule together judges, beside `json.loads` over the same texts.

Not a test: run it by hand, `python tests/benchmarks/bench_judging.py [TURNS…]`.  A turn is a typed question with its
written answer, 14 frames; 7,000 of them are a session of 98,000 frames.

On a quiet machine (2026-11-30, Python 3.11, two cores): 98,003 frames in 5.0 s, 19,500 a second, 288 MB;
9,803 in 0.86 s.  `json.loads` over the same texts takes 0.33 s.
"""

import json
import resource
import sys
import time

from conformance import garbage
from conformance.judge.checks import Check, evidence, load, run
from conformance.spec.profiles import profile_for
from conformance.wire.transcript import Transcript
from support.long_session import MODEL, session

PROFILE = profile_for(MODEL)


def rules() -> list[Check]:
    """Everything that judges any connection."""
    return [check for check in load().checks.values() if check.takes == "wires" and check.id.startswith("GEN-")]


def judged(held: Transcript) -> tuple[float, dict[str, float]]:
    """Seconds of this process's time for all rules, and for the dearest parts.

    What all rules share is told apart: it would count for whichever rule is the first to ask.
    """
    wires, spent = evidence([held], PROFILE), {}
    began = start = time.process_time()

    def done(name: str) -> None:
        nonlocal start
        spent[name], start = time.process_time() - start, time.process_time()

    _ = wires[0].types
    done("reading")
    _ = wires[0].requests
    done("gathering")
    for check in rules():
        run(check.id, check.function, check.owner(), wires)
        done(check.id)
    return time.process_time() - began, dict(sorted(spent.items(), key=lambda one: -one[1])[:6])


def main() -> None:
    garbage.rarely()  # as every run does
    rules()
    print("   frames  seconds  frames/s  json.loads      of it  memory")
    for turns in map(int, sys.argv[1:] or ("700", "7000")):
        held = session(turns)
        frames = held.legs[0].frames
        began = time.process_time()
        for frame in frames:
            json.loads(frame.text or "null")
        plain = time.process_time() - began
        took, dearest = judged(held)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rate, ratio = len(frames) / took, took / plain
        print(f"{len(frames):9,} {took:8.2f} {rate:9,.0f} {plain:10.2f}s {ratio:9.1f}× {memory:5.0f} MB")
    print("dearest:", ", ".join(f"{name} {took:.2f} s" for name, took in dearest.items()))


if __name__ == "__main__":
    main()
