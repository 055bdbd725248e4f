"""How long the outputs of a big run take: 150 conversations of 150 frames, to be rendered in under 3 s.

Run it by hand: `python tests/benchmarks/bench_report.py`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance.report import html, junit, markdown, sarif
from conformance.report.record import read
from conformance.report.summary import summary
from support import records


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        records.big(Path(folder))
        began = time.perf_counter()
        record = read(Path(folder) / "record.jsonl")
        made = summary(record)
        print(f"read and judged in {time.perf_counter() - began:.2f} s")
        for module in (html, junit, sarif, markdown):
            began = time.perf_counter()
            size = len(module.render(record, made).encode("utf-8", "backslashreplace"))
            print(f"{module.__name__}: {time.perf_counter() - began:.2f} s, {size:,} bytes")


if __name__ == "__main__":
    main()
