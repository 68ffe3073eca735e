"""Ten steps of `limn train style` against PyTorch's in float64: the total, relative 1e-3.

    .venv-peers/bin/python tests/reference/train.py [--limn build/limn] [-- further options of limn train]

Both start from the same network (--weights) and see the same pictures: the data set is one picture,
its own mirror image and as large as the training square, so that neither order nor chance matters.
Single terms are printed too, and how far PyTorch's own
float32 is from its float64: biases in front of norms have no gradient but rounding, which Adam turns
into moves, so that some terms drift apart by more than 1e-3 there as well.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from peers_network import read_weights  # noqa: E402
from peers_style import WEIGHTS, Training, picture  # noqa: E402

SIZE, STEPS, GOAL = 96, 10, 1e-3


def make_pictures(folder):
    half = Image.open(ROOT / "examples/chelsea.jpg").convert("RGB").resize((SIZE // 2, SIZE))
    half = np.asarray(half)
    (folder / "data").mkdir()
    Image.fromarray(np.concatenate([half, half[:, ::-1]], 1)).save(folder / "data/photo.png")
    painting = Image.open(ROOT / "examples/chelsea.jpg").convert("RGB").rotate(90).resize((80, 64))
    Image.fromarray(255 - np.asarray(painting)).save(folder / "painting.png")


def limn(options, folder):
    command = [options.limn, "train", "style", "--style", folder / "painting.png", "--data",
               folder / "data", "--init", options.weights, "--width", "32", "--crop-size", str(SIZE),
               "--batch-size", "2", "--steps", str(STEPS), "--quiet", "--output", folder / "run"]
    subprocess.run([str(word) for word in command + options.more], check=True,
                   env=dict(os.environ, LIMN_MODELS=str(ROOT / "models")))
    return [json.loads(line) for line in open(folder / "run/log.jsonl")]


def torch_terms(options, folder, dtype):
    training = Training(read_weights(options.weights), "models/vgg19.safetensors",
                        picture(folder / "painting.png"), dtype)
    batch = np.repeat(picture(folder / "data/photo.png"), 2, 0)
    found = [training.step(batch) for _ in range(STEPS)]
    for terms in found:
        terms["total"] = sum(WEIGHTS[name] * terms[name] for name in WEIGHTS)
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--limn", default="build/limn")
    arguments.add_argument("--weights", default="../shared/weights/styles/candy.fp16.safetensors")
    arguments.add_argument("more", nargs="*")
    options = arguments.parse_args()
    os.chdir(ROOT)
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_pictures(folder)
        ours = limn(options, folder)
        theirs = torch_terms(options, folder, torch.float64)
        singles = torch_terms(options, folder, torch.float32)
    worst = {"limn": 0.0, "PyTorch float32": 0.0}
    for step, their in enumerate(theirs):
        for name, found in ("limn", ours[step]), ("PyTorch float32", singles[step]):
            off = {term: abs(found[term] - value) / abs(value) for term, value in their.items()}
            worst[name] = max(worst[name], off["total"])
            print(f"step {step + 1:2} {name:>15}: "
                  + ", ".join(f"{term} {found[term]:.7g} ({error:.0e})" for term, error in off.items()))
    for name, value in worst.items():
        print(f"{name}: largest relative difference of the total {value:.1e}, goal {GOAL:g}")
    sys.exit(worst["limn"] > GOAL)


if __name__ == "__main__":
    main()
