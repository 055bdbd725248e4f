"""`python -m tests.papers [QUIRK…]`: whether each quirk whose check fails alone is shown by a program of a page.

Ends with 1 where one is not.
"""

import sys
from collections import Counter

from papers.showing import alone, shown

names = sys.argv[1:] or alone()
count: Counter[str] = Counter()
for name, found, words in shown(names):
    told = f"yes  {name}: {found.test}" if found is not None else f"no   {name}: {words}"
    print(told[:200], flush=True)
    count["shown" if found is not None else words] += 1
print(f"{count['shown']} of {len(names)} are shown; the others:")
for why, many in count.most_common():
    if why != "shown":
        print(f"{many:4}  {why}")
sys.exit(int(count["shown"] < len(names)))
