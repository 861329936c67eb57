"""Training rows on disk: rows a second against reading the file, and peak memory, block by block.

A logistic regression on a file that is written first and deleted afterwards, ten million rows of 50 numbers. Each pass
is timed against reading the same bytes in blocks and doing nothing with them, the file being out of the system's cache
before each, and is the best of two (reading of three; the training is done once). What is measured runs in a process of
its own, whose peak memory is told beside that of its imports. ``--quick`` takes a twentieth of the rows; the full run
writes ``benchmarks/results/blocks.txt``.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions, RescaledInfluence, RowBlocks

from . import machine
from ._measure import kept_in, timed

RESULT = Path(__file__).parent / "results" / "blocks.txt"
P = 50
CHUNK = 100_000
#: rows of the model's first fit
SAMPLE = 20_000


def write(folder, n):
    """X as float64 and y as bytes, in chunks."""
    generator = np.random.default_rng(0)
    with (folder / "X").open("wb") as features, (folder / "y").open("wb") as labels:
        for _ in range(n // CHUNK):
            X = generator.standard_normal((CHUNK, P))
            score = X[:, :20].sum(axis=1) + 2 * generator.standard_normal(CHUNK)
            features.write(X)
            labels.write((score > 0).astype(np.int8))


def rows(folder):
    """The two files as memory maps; nothing is read."""
    y = np.memmap(folder / "y", dtype=np.int8, mode="r")
    return np.memmap(folder / "X", dtype=np.float64, mode="r", shape=(len(y), P)), y


def forget(folder):
    """Put the file out of the system's cache."""
    with (folder / "X").open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read(folder):
    """Every byte of X, in blocks of 8 MiB."""
    buffer = memoryview(bytearray(2**23))
    with (folder / "X").open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def peak():
    """Most memory of this process so far, bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(folder, n_jobs):
    """All passes once, in this process; what they took as a dictionary."""
    before = peak()
    X, y = rows(folder)
    X_val, y_val = np.array(X[:1000]), np.array(y[:1000])
    model = LogisticRegression(solver="newton-cholesky").fit(np.array(X[:SAMPLE]), np.array(y[:SAMPLE]))

    def best(function, repeats=2):
        shortest, answer = float("inf"), None
        for _ in range(repeats):
            # the answer before goes first: one of ten million numbers is larger than all else
            del answer
            forget(folder)
            seconds, answer = timed(function)
            shortest = min(shortest, seconds)
        return shortest, answer

    def blocks():
        return RowBlocks.from_arrays(X, y, n_jobs=n_jobs)

    reading, _ = best(lambda: read(folder), 3)
    training = blocks()
    fit, trained = best(lambda: InfluenceFunctions(model, polish=True).fit(training), 1)
    # the model of all rows, as a user would bring it
    model.coef_, model.intercept_ = trained.problem_.theta[None, :P], trained.problem_.theta[P:]
    curvature, attributor = best(lambda: InfluenceFunctions(model, polish=False).fit(blocks()))
    scores, influence = best(lambda: attributor.attribute(X_val, y_val))
    rescaled = RescaledInfluence(model, polish=False).fit(blocks())
    n_bytes = influence.values.nbytes
    del influence
    rescaling, _ = best(lambda: rescaled.attribute(X_val, y_val))
    return {
        "n": len(y),
        "read": reading,
        "curvature": curvature,
        "scores": scores,
        "leverages": rescaling,
        "training": fit,
        "training passes": training.n_passes,
        "blocks": len(attributor.problem_.counts.rows),
        "imports": before,
        "peak": peak(),
        "answer": n_bytes,
        "stationarity": attributor.stationarity_,
    }


def report(name, found):
    """Each pass against reading the file."""
    n, reading = found["n"], found["read"]
    gigabytes = 8e-9 * n * P

    def line(what, seconds, passes):
        speed, limit, ratio = passes * n / seconds / 1e6, n / reading / 1e6, seconds / passes / reading
        ours = f"{seconds:7.1f} s  {speed:6.2f} million rows/s"
        print(
            f"{name}: {what:34} {ours}   reading alone {passes * reading:6.1f} s  "
            f"{limit:6.2f} million rows/s   ratio {ratio:5.2f}",
            flush=True,
        )

    print(f"{name}: {n:,} rows of {P}, {gigabytes:.2f} GB in {found['blocks']} blocks")
    line("fit, polish=False (curvature)", found["curvature"], 1)
    line("attribute (scores)", found["scores"], 1)
    line("both passes", found["curvature"] + found["scores"], 2)
    line("attribute of RescaledInfluence", found["leverages"], 1)
    passes = found["training passes"]
    line(f"trained from a sample, {passes} passes", found["training"], passes)
    mebi = {key: found[key] / 2**20 for key in ("imports", "peak", "answer")}
    print(
        f"{name}: peak memory {mebi['peak']:.0f} MiB, of which imports {mebi['imports']:.0f}, the answer "
        f"{mebi['answer']:.0f}, the sample of the first fit {8 * SAMPLE * P / 2**20:.0f}; stationarity "
        f"{found['stationarity']:.0e}",
        flush=True,
    )


def run(n):
    """All lines."""
    machine.main()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, n)
        for n_jobs in (1, 2):
            command = [sys.executable, "-m", "benchmarks.blocks", "--measure", name, str(n_jobs)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            report(f"n_jobs={n_jobs}", json.loads(done.stdout))
            print(f"n_jobs={n_jobs}: {machine.load()}", flush=True)


def main(argv=()):
    """Measure in processes of their own, or be one of these."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks blocks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="half a million rows, for a look")
    parser.add_argument("--measure", nargs=2, metavar=("FOLDER", "N_JOBS"), help=argparse.SUPPRESS)
    options = parser.parse_args(list(argv))
    if options.measure:
        folder, n_jobs = options.measure
        print(json.dumps(measure(Path(folder), int(n_jobs))))
    elif options.quick:
        run(500_000)
    else:
        with kept_in(RESULT):
            run(10_000_000)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
