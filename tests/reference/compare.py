"""Holds `limn stylize --depth 16` against what tests/reference/stylize.py wrote.

    .venv-peers/bin/python tests/reference/compare.py FOLDER [--limn build/limn] [--only WORD]
        [--published ../shared] [-- further options of limn stylize]

For every network and picture: mean and largest difference of `exact` from PyTorch, in 255ths, and
the PSNR of `fast` against `exact`. Goals: mean <= 0.02, largest <= 0.5, fast >= 40 dB; the exit code
says whether all were met. --published also measures the PSNR against the JPEG files that
pytorch/examples publishes (goals: candy 27 dB, udnie 32 dB).
"""
import argparse
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
from PIL import Image

MEAN, LARGEST, FAST = 0.02, 0.5, 40.0
PUBLISHED = {"candy": 27.0, "udnie": 32.0, "mosaic": 0.0, "rain_princess": 0.0}


def unfilter(kind, row, above, step):
    """One row of a PNG file; `step` is the bytes of a pixel."""
    if kind == 0:
        return row
    if kind == 2:
        return bytearray((np.frombuffer(row, np.uint8) + np.frombuffer(above, np.uint8)).tobytes())
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        up, corner = above[i], above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            estimate = left + up - corner
            guess = min((left, up, corner), key=lambda value: abs(estimate - value))
        row[i] = (row[i] + guess) & 255
    return row


def read_png16(path):
    """An RGB PNG file of 16 bits a channel (Pillow reads only 8) as float32 0..255."""
    data = pathlib.Path(path).read_bytes()
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed += body
        at += 12 + size
    if (depth, colour, interlace) != (16, 2, 0):
        sys.exit(f"{path}: depth {depth}, colour type {colour}; 16 and 2 were asked for")
    raw, line, rows = zlib.decompress(packed), 6 * width + 1, []
    above = bytearray(line - 1)
    for y in range(height):
        above = unfilter(raw[y * line], bytearray(raw[y * line + 1:(y + 1) * line]), above, 6)
        rows.append(bytes(above))
    values = np.frombuffer(b"".join(rows), ">u2").reshape(height, width, 3)
    return values.astype(np.float32) / 257


def psnr(a, b):
    error = np.mean((a.astype(np.float64) - b) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


def stylize(limn, model, photo, output, extra):
    command = [limn, "stylize", "--model", model, "--output", output, "--force", photo]
    done = subprocess.run([*map(str, command), *extra], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}: {done.stderr}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--limn", default="build/limn")
    arguments.add_argument("--only", default="", help="networks and pictures with this in the name")
    arguments.add_argument("--published", type=pathlib.Path, help="the shared folder")
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    options = arguments.parse_args(words[:cut])
    missed = 0
    networks = dict(l.split(" ", 1) for l in (options.folder / "networks.txt").read_text().splitlines())
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch) / "output.png"

        def run(precision, photo):
            stylize(options.limn, networks[network], photo, output,
                    ["--depth", "16", "--precision", precision, *words[cut + 1:]])
            return read_png16(output)

        print(f"{'network--picture':38} {'mean':>8} {'largest':>8} {'fast dB':>8}")
        for wanted in sorted(options.folder.glob("*--*.npy")):
            if options.only not in wanted.stem:
                continue
            network, name = wanted.stem.split("--")
            expected = np.clip(np.load(wanted), 0, 255)
            exact = run("exact", options.folder / f"{name}.png")
            fast = run("fast", options.folder / f"{name}.png")
            difference = np.abs(exact - expected)
            met = difference.mean() <= MEAN and difference.max() <= LARGEST and psnr(fast, exact) >= FAST
            missed += not met
            print(f"{wanted.stem:38} {difference.mean():8.4f} {difference.max():8.3f} "
                  f"{psnr(fast, exact):8.1f}{'' if met else '  MISSED'}", flush=True)
        if options.published:
            folder = options.published / "data/reference_outputs"
            for network, goal in PUBLISHED.items():
                made = run("exact", folder / "pytorch_examples_amber.jpg")
                name = f"pytorch_examples_amber-{network.replace('_', '-')}.jpg"
                reached = psnr(made, np.asarray(Image.open(folder / name).convert("RGB")))
                missed += reached < goal
                print(f"{network:38} {reached:8.2f} dB against the published picture (goal {goal})")
    print(f"{missed} missed")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
