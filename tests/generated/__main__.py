"""Run cases by their seeds: ``python -m generated 17 18`` says what became of each, ``0:1000`` counts verdicts."""

import sys
import time
import traceback
from collections import Counter

from generated.cases import Case
from generated.judging import judge


def main(arguments):
    """Judge the cases of some seeds and ranges of seeds."""
    counts, slow = Counter(), Counter()
    for argument in arguments:
        first, colon, last = argument.partition(":")
        for seed in range(int(first), int(last) if colon else int(first) + 1):
            start, case = time.perf_counter(), Case(seed)
            try:
                verdict = judge(case)
            except Exception:
                verdict = None
                print(f"{case}\n  JUDGE {traceback.format_exc()}", flush=True)
            counts[verdict.kind if verdict else "judge"] += 1
            slow[seed] = time.perf_counter() - start
            if verdict and (verdict.fault or not colon):
                print(f"{case}\n  -> {verdict.kind}: {verdict.told}\n", flush=True)
    for kind, count in counts.most_common():
        print(f"{count:7d}  {kind}")
    print(f"{sum(slow.values()):7.0f}  seconds, the longest: {slow.most_common(5)}")


if __name__ == "__main__":
    main(sys.argv[1:])
