"""An iteration of step 1 of two-step translation, limn and PyTorch in turn: one update of the
discriminator and two of the generator, 64x64, three domains. See bench/peers.

limn's seconds are those of its log, with waiting for pictures and without the first step; PyTorch
has its batch in memory and two steps to warm up. Neither keeps an average of the weights. Pictures
are noise: their content costs nothing.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

import numpy as np
from PIL import Image

from peers import measured, print_machine

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOMAINS, PICTURES, SIZE = 3, 64, 64


def write_pictures(folder):
    noise = np.random.default_rng(0)
    for domain in range(DOMAINS):
        place = pathlib.Path(folder, "train", f"domain{domain}")
        place.mkdir(parents=True)
        for i in range(PICTURES):
            pixels = noise.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{i}.png")


def limn(options, data, precision):
    """Seconds of each step, peak MB, share of the time spent waiting for pictures."""
    with tempfile.TemporaryDirectory() as name:
        result = measured(
            [options.limn, "train", "two-step", "--precision", precision, "--data", data,
             "--steps", str(options.steps + 1),
             "--encoder-steps", "0", "--ema", "0", "--batch-size", str(options.batch), "--width",
             str(options.width), "--threads", str(options.threads), "--sample-every", "1000000",
             "--save-every", "1000000", "--quiet", "--output", name + "/run"], options.threads)
        if not result:
            sys.exit(1)
        lines = [json.loads(line) for line in open(name + "/run/log.jsonl")][1:]
    waited = sum(line["waited"] for line in lines) / sum(line["seconds"] for line in lines)
    return [line["seconds"] for line in lines], result[2], f"{100 * waited:.1f} %"


def torch_in_its_process(options, name):
    """As limn(); None where it takes longer than the limit."""
    command = ["timeout", "--signal=KILL", str(options.limit), sys.executable, __file__, "--one",
               name] + [f"--{key}={getattr(options, key)}"
                        for key in ("width", "batch", "threads", "steps")]
    result = measured(command, options.threads)
    return result and (json.loads(result[0]), result[2], "")


def one(options):
    import torch

    from peers_gan import Training
    from peers_style import seconds_a_step

    torch.set_num_threads(options.threads)
    training = Training(options.width, options.batch, compiled=options.one == "torch-compile")
    batch = np.random.default_rng(0).uniform(-1, 1, (options.batch, 3, SIZE, SIZE))
    print(json.dumps(seconds_a_step(training, batch.astype(np.float32), options.steps)))


def measure(options):
    """{peer: (seconds of all rounds, peak MB, waited)}, in turn; a peer that fails once is out."""
    found = {}
    with tempfile.TemporaryDirectory() as data:
        write_pictures(data)
        for _ in range(options.rounds):
            for name in ["limn exact", "limn fast"] + options.peers.split(","):
                before = found.setdefault(name, ([], 0, ""))
                if before is None:
                    continue
                result = (limn(options, data, name[5:]) if name.startswith("limn ")
                          else torch_in_its_process(options, name))
                found[name] = result and (before[0] + result[0], max(before[1], result[1]),
                                          result[2])
    return found


def print_table(options, found):
    print(f"\nAn iteration of step 1, batch {options.batch}, {SIZE}x{SIZE}, {DOMAINS} domains, "
          f"width {options.width}, {options.threads} threads, {options.rounds} x {options.steps} "
          "iterations\n")
    print("| | median s | least s | x exact | x fast | peak MB | waiting for pictures |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    exact, fast = (statistics.median(found[name][0]) for name in ("limn exact", "limn fast"))
    for name, result in found.items():
        if not result:
            print(f"| {name} | failed, or not within {options.limit} s | | | | | |")
            continue
        seconds, memory, waited = result
        median = statistics.median(seconds)
        print(f"| {name} | {median:.2f} | {min(seconds):.2f} | {median / exact:.2f} | {median / fast:.2f} | "
              f"{memory:.0f} | {waited} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--one", help="for itself: measure one of PyTorch's ways")
    arguments.add_argument("--peers", default="torch,torch-compile")
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--steps", type=int, default=6)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--width", type=int, default=128)
    arguments.add_argument("--batch", type=int, default=63)
    arguments.add_argument("--limit", type=int, default=240,
                           help="seconds until PyTorch's process is ended, compiling included")
    arguments.add_argument("--limn", default="build/limn")
    options = arguments.parse_args()
    options.batch -= options.batch % DOMAINS  # as limn does: as many of each
    os.chdir(ROOT)
    if options.one:
        return one(options)
    print_machine()
    print_table(options, measure(options))


if __name__ == "__main__":
    main()
