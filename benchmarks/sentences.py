"""What does it cost to encode a typed sentence: by the light encoder, and by the reference?

    python benchmarks/sentences.py [--json FILE]

Both run the same weights. Each side starts in a fresh process, loads, and encodes; the reference
is sentence-transformers.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from measurement import PEAK, Measurement, figure, fresh, report
from varied_sentences import varied_sentences

from cliprl_lite.language.sentences import REFERENCE, embed

ENCODE = f"""
import json, sys, time, warnings
warnings.simplefilter("ignore")
begin = time.perf_counter()
from cliprl_lite.language.sentences import embed
model = sys.argv[1] or None
embed(["walk over to the crimson cone"], model)
ready = time.perf_counter() - begin
durations = []
for number in range(50):
    begin = time.perf_counter()
    embed(["walk over to the crimson cone number " + str(number)], model)
    durations.append(time.perf_counter() - begin)
{PEAK}
print(json.dumps([ready, min(durations), peak]))
"""


def encode(model: str) -> tuple[float, float, float]:
    """Seconds until the first vector, seconds for one more, and peak memory in MB."""
    ready, one, megabytes = json.loads(fresh(ENCODE, model))
    return ready, one, megabytes


def readiness_ratio(runs: int) -> tuple[float, np.ndarray, np.ndarray]:
    """Reference over light, in seconds until the first vector; and the best figures of both."""
    pairs = [(encode(""), encode(REFERENCE)) for _ in range(runs)]
    light, reference = (np.min([pair[side] for pair in pairs], axis=0) for side in (0, 1))
    return float(reference[0] / light[0]), light, reference


def measure() -> list[Measurement]:
    ratio, light, reference = readiness_ratio(3)
    texts = varied_sentences()
    difference = float(np.abs(embed(texts) - embed(texts, REFERENCE)).max())
    return [
        Measurement(
            "sentence_ready",
            "a typed sentence, from nothing: sentence-transformers over light",
            ratio,
            "×",
            10,
            at_least=True,
            note=f"{figure(reference[0])} s over {figure(light[0])} s",
        ),
        Measurement(
            "sentence_memory",
            "peak memory of a process that encodes by the light encoder",
            light[2],
            "MB",
            120,
            note=f"sentence-transformers: {figure(reference[2])} MB",
        ),
        Measurement(
            "sentence_next",
            "one more sentence by the light encoder",
            1e3 * light[1],
            "ms",
            note=f"sentence-transformers: {figure(1e3 * reference[1])} ms",
        ),
        Measurement(
            "sentence_equal",
            f"largest difference to sentence-transformers, {len(texts):,} sentences",
            1e6 * difference,
            "× 10⁻⁶",
            10,
        ),
    ]


if __name__ == "__main__":
    sys.exit(report(measure))
