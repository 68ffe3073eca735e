"""A training step of a style network, limn and PyTorch in turn: batch 4, 256x256, full width, VGG-19
to relu4_3. See bench/peers."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
VGG = "models/vgg19.safetensors"


def limn(options, precision):
    with tempfile.TemporaryDirectory() as name:
        command = [options.limn, "train", "style", "--style", options.style, "--data", options.data,
                   "--init", options.weights, "--steps", str(options.steps + 2), "--batch-size", "4",
                   "--crop-size", "256", "--width", "32", "--threads", str(options.threads),
                   "--precision", precision, "--sample-every", "1000000", "--quiet", "--output", name + "/run"]
        process = subprocess.Popen(command, env=dict(os.environ, LIMN_MODELS="models"))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            sys.exit(f"{' '.join(command)} failed")
        lines = [json.loads(line) for line in open(name + "/run/log.jsonl")][2:]
    waited = sum(line["waited"] for line in lines) / sum(line["seconds"] for line in lines)
    return [line["seconds"] for line in lines], usage.ru_maxrss / 1024, f"{100 * waited:.1f} %"


def torch_in_its_process(options, name):
    command = [sys.executable, __file__, "--one", name] + [
        f"--{key}={getattr(options, key)}" for key in ("weights", "style", "threads", "steps")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    seconds = json.loads(process.stdout.read() or "[]")
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return seconds, usage.ru_maxrss / 1024, ""


def one(options):
    import torch

    from peers_network import read_weights
    from peers_style import Training, picture, seconds_a_step

    torch.set_num_threads(options.threads)
    training = Training(read_weights(options.weights), VGG, picture(options.style, 512),
                        compiled=options.one == "torch-compile")
    batch = np.random.default_rng(0).uniform(0, 255, (4, 3, 256, 256)).astype(np.float32)
    print(json.dumps(seconds_a_step(training, batch, options.steps)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--one", help="for itself: measure one of PyTorch's ways")
    arguments.add_argument("--torch", action="store_true", help="always so")
    arguments.add_argument("--peers", default="torch,torch-compile")
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--steps", type=int, default=6)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--weights", default="../shared/weights/styles/candy.fp16.safetensors")
    arguments.add_argument("--style", default="../shared/data/styles/jcjohnson_starry_night.jpg")
    arguments.add_argument("--data", default="../shared/data/photos/train")
    arguments.add_argument("--limn", default="build/limn")
    options = arguments.parse_args()
    os.chdir(ROOT)
    if options.one:
        return one(options)
    seconds, memory, waited = {}, {}, {}
    for _ in range(options.rounds):
        for name in ["limn exact", "limn fast"] + options.peers.split(","):
            ours = name.startswith("limn ")
            result = limn(options, name[5:]) if ours else torch_in_its_process(options, name)
            seconds.setdefault(name, []).extend(result[0])
            memory[name], waited[name] = max(memory.get(name, 0), result[1]), result[2]
    print("\nA training step, batch 4, 256x256, full width, VGG-19 to relu4_3, "
          f"{options.threads} threads, {options.rounds} x {options.steps} steps\n")
    print("| | median s | least s | x exact | x fast | peak MB | waiting for pictures |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    exact, fast = (statistics.median(seconds[name]) for name in ("limn exact", "limn fast"))
    for name, values in seconds.items():
        if values:
            median = statistics.median(values)
            print(f"| {name} | {median:.2f} | {min(values):.2f} | {median / exact:.2f} | "
                  f"{median / fast:.2f} | {memory[name]:.0f} | {waited[name]} |")


if __name__ == "__main__":
    main()
