"""`python -m tests.papers [QUIRK…]`: which quirks whose check fails alone are shown by a program of a page.

Ends with 1 where one is shown that was none so far, or one that was shown is no more.
"""

import itertools
import sys
from collections import Counter

from papers.showing import alone, shown
from papers.unshown import UNSHOWN

names = sys.argv[1:] or alone()
known = set(itertools.chain(*UNSHOWN.values()))
count: Counter[str] = Counter()
changed = []
for name, found, words in shown(names):
    told = f"yes  {name}: {found.test}" if found is not None else f"no   {name}: {words}"
    print(told[:200], flush=True)
    count["shown" if found is not None else words] += 1
    if (found is None) != (name in known):
        changed.append(name)
print(f"{count['shown']} of {len(names)} are shown; the others:")
for why, many in count.most_common():
    if why != "shown":
        print(f"{many:4}  {why}")
if changed:
    print("Other than tests/papers/unshown.py says:", ", ".join(changed))
sys.exit(int(bool(changed)))
