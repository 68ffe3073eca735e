"""`limn measure kid` of 1,000 pictures against 800, whole process, beside what the same pictures take in PyTorch: the
Inception network of FID up to its 768 features, written down here as pytorch-fid has it, with batch norm folded into
the weights, which spares PyTorch a pass. See bench/peers.

PyTorch's seconds are those of the network alone, in batches of 50 as pytorch-fid has them, for a part of the pictures,
times their number: reading, resizing and the distances are given to it. Pictures are noise of 128x128.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import time

import numpy as np
from PIL import Image

from peers import measured, print_machine

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/reference"))
SIDE, BATCH = 299, 50


def network(path):
    import torch
    from metrics import tensorflow_name
    from torch.nn import functional

    from peers_network import read_safetensors

    weights = {name: torch.from_numpy(value) for name, value in read_safetensors(path).items()}

    def conv(x, at, stride=1, pad=None):
        w, b = (weights[f"{tensorflow_name(at)}.{part}"] for part in ("weight", "bias"))
        pad = [side // 2 for side in w.shape[2:]] if pad is None else pad
        return functional.relu_(functional.conv2d(x, w, b, stride, pad))

    def chain(x, block, *names):
        for name in names:
            x = conv(x, f"{block}.{name}")
        return x

    def average(x):
        return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)

    def doubled(count, size):
        return [f"branch{size}dbl_{i + 1}" for i in range(count)]

    def type_a(x, at):
        return torch.cat([chain(x, at, "branch1x1"), chain(x, at, "branch5x5_1", "branch5x5_2"),
                          chain(x, at, *doubled(3, "3x3")), chain(average(x), at, "branch_pool")], 1)

    def type_b(x, at):
        b = conv(chain(x, at, *doubled(2, "3x3")), at + ".branch3x3dbl_3", 2, 0)
        return torch.cat([conv(x, at + ".branch3x3", 2, 0), b, functional.max_pool2d(x, 3, 2)], 1)

    def type_c(x, at):
        return torch.cat([chain(x, at, "branch1x1"), chain(x, at, "branch7x7_1", "branch7x7_2", "branch7x7_3"),
                          chain(x, at, *doubled(5, "7x7")), chain(average(x), at, "branch_pool")], 1)

    def features(x):
        x = conv(conv(conv(x, "Conv2d_1a_3x3", 2, 0), "Conv2d_2a_3x3", 1, 0), "Conv2d_2b_3x3")
        x = conv(conv(functional.max_pool2d(x, 3, 2), "Conv2d_3b_1x1"), "Conv2d_4a_3x3", 1, 0)
        x = functional.max_pool2d(x, 3, 2)
        for at in ("5b", "5c", "5d"):
            x = type_a(x, "Mixed_" + at)
        x = type_b(x, "Mixed_6a")
        for at in ("6b", "6c", "6d", "6e"):
            x = type_c(x, "Mixed_" + at)
        return x.mean((2, 3))

    return features


def write_pictures(folder, count, seed):
    folder.mkdir()
    draw = np.random.default_rng(seed)
    for i in range(count):
        Image.fromarray(draw.integers(0, 256, (128, 128, 3), np.uint8)).save(folder / f"{i:04}.png")
    return folder


def pytorch(options, count):
    import torch

    torch.set_num_threads(options.threads)
    run, x = network(options.network), torch.rand(BATCH, 3, SIDE, SIDE) * 2 - 1
    with torch.inference_mode():
        run(x)
        begin = time.perf_counter()
        for _ in range(options.batches):
            run(x)
    return (time.perf_counter() - begin) / (options.batches * BATCH) * count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", required=True, help="the Inception network of FID, as limn measure kid takes it")
    parser.add_argument("--batches", type=int, default=3, help="that PyTorch computes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--counts", type=int, nargs=2, default=[1000, 800])
    parser.add_argument("--limn", default="build/limn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        a, b = (write_pictures(pathlib.Path(name) / which, count, seed)
                for seed, (which, count) in enumerate(zip("ab", options.counts)))
        command = [options.limn, "measure", "kid", str(a), str(b), "--network", options.network, "--features", "768",
                   "--threads", str(options.threads), "--quiet", "--json"]
        found = measured(command, options.threads)
    if not found:
        sys.exit(1)
    assert json.loads(found[0])["kid"] is not None
    theirs = pytorch(options, sum(options.counts))
    print_machine()
    print(f"\n{' and '.join(map(str, options.counts))} pictures, {options.threads} threads\n")
    print("| | s | peak MB | x |\n| --- | ---: | ---: | ---: |")
    print(f"| `limn measure kid`, whole process | {found[1]:.1f} | {found[2]:.0f} | 1 |")
    print(f"| its network in PyTorch, eager | {theirs:.1f} | | **{theirs / found[1]:.2f}** |")


if __name__ == "__main__":
    main()
