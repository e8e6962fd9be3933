"""What the timed peers share: each line of standard input names a mode, each answer is one line of JSON."""

import json
import sys
import time

STRETCH_SECONDS, MOST_STEPS, FEWEST_STEPS = 1.0, 300, 5


def median(values):
    return sorted(values)[len(values) // 2]


def timed(step):
    """Seconds of each call of `step(i)`, over a stretch of about a second."""
    seconds = []
    until = time.perf_counter() + STRETCH_SECONDS
    while len(seconds) < FEWEST_STEPS or (len(seconds) < MOST_STEPS and time.perf_counter() < until):
        begin = time.perf_counter()
        step(len(seconds))
        seconds.append(time.perf_counter() - begin)
    return seconds


def serve(prepare, version):
    """`prepare(mode)` gives a function that measures one stretch in milliseconds a step; it is kept for the next round of that mode."""
    ready = {}
    for line in sys.stdin:
        mode = line.strip()
        try:
            if mode not in ready:
                ready[mode] = prepare(mode)
            answer = {"mode": mode, "milliseconds": ready[mode](), "version": version}
        except Exception as error:
            answer = {"mode": mode, "error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)
