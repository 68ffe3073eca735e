"""Whether translated pictures are fit to learn from: EGSC-IT's claim about street scenes, in small.

    limn data make mnist-multiple runs/multiple --digits ../shared/data/mnist_10k
    limn translate runs/multiple/trainA -m runs/full --exemplar runs/multiple/trainB --pair random \\
        --format png -o runs/full-trainA
    .venv-peers/bin/python bench/segmentation.py --data runs/multiple -t full=runs/full-trainA

A small U-Net learns which label each pixel has (11 classes: the ground and ten digits): from the
pictures of A, from those of B, and from each folder of translations of trainA (-t), always with the
label maps of what was translated. All are tested on testB, by `limn measure miou`. The line of A is
what translations have to beat, that of B the best that there is.

Needs .venv-peers, which `bench/peers two-step` makes.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from translation import head, row

CLASSES = 11
WIDTHS = [16, 32, 64, 128]  # channels, from full size down
RATE = 2e-3


# ---- the network ----


def block(before, after):
    layers = []
    for channels in (before, after):
        layers += [nn.Conv2d(channels, after, 3, padding=1, bias=False), nn.BatchNorm2d(after),
                   nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Ronneberger and others, 2015: what was seen on the way down stands beside what comes up."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList(map(block, [3] + WIDTHS, WIDTHS))
        pairs = list(zip(WIDTHS[:0:-1], WIDTHS[-2::-1]))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(deep, flat, 2, 2) for deep, flat in pairs)
        self.up = nn.ModuleList(block(2 * flat, flat) for _, flat in pairs)
        self.out = nn.Conv2d(WIDTHS[0], CLASSES, 1)

    def forward(self, x):
        kept = []
        for layer in self.down:
            x = layer(functional.max_pool2d(x, 2) if kept else x)
            kept.append(x)
        kept.pop()
        for grow, layer in zip(self.grow, self.up):
            x = layer(torch.cat([grow(x), kept.pop()], 1))
        return self.out(x)


# ---- pictures ----


def by_name(folder):
    """{name: path} of all pictures in it, at any depth."""
    return {path.name: path for path in sorted(pathlib.Path(folder).rglob("*.png"))}


def pixels(paths):
    return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])


def read(pictures, labels):
    """Pictures [n][3][h][w] and their label maps [n][h][w]."""
    pictures, labels = by_name(pictures), by_name(labels)
    names = [name for name in pictures if name in labels]
    if not names:
        sys.exit("there is no picture that has a label map")
    found, maps = pixels(pictures[name] for name in names), pixels(labels[name] for name in names)
    if found.shape != maps.shape:
        sys.exit(f"pictures of {found.shape[1:3]} and label maps of {maps.shape[1:3]} do not fit")
    return np.ascontiguousarray(found.transpose(0, 3, 1, 2)), maps[..., 0]


def scaled(pictures):
    return torch.as_tensor(pictures).float() / 127.5 - 1


# ---- learning ----


def learn(options, pictures, labels):
    torch.manual_seed(options.seed)
    chance = np.random.default_rng(options.seed)
    network = UNet()
    adam = torch.optim.Adam(network.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, options.steps)
    order = np.concatenate([chance.permutation(len(pictures))
                            for _ in range(options.steps * options.batch // len(pictures) + 1)])
    for step in range(options.steps):
        places = order[step * options.batch:(step + 1) * options.batch]
        adam.zero_grad()
        loss = functional.cross_entropy(network(scaled(pictures[places])),
                                        torch.as_tensor(labels[places]).long())
        loss.backward()
        adam.step()
        rate.step()
        if step % 100 == 99:
            print(f"{step + 1} steps, loss {loss:.4f}", file=sys.stderr)
    return network.eval()


def predict(network, test, folder):
    folder.mkdir()
    for name, path in test.items():
        with torch.inference_mode():
            scores = network(scaled(pixels([path]).transpose(0, 3, 1, 2)))
        Image.fromarray(scores[0].argmax(0).numpy().astype(np.uint8)).save(folder / name)


def measured(options, folder):
    command = [options.limn, "measure", "miou", folder, options.data / "testB_labels", "--classes",
               str(CLASSES), "--json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("limn measure miou failed")
    return json.loads(done.stdout)


def compare(options, sources, scratch):
    head(f"Trained for {options.steps} steps of {options.batch}, tested on testB",
         ["mIoU", "accuracy", "IoU of the ground", "least of a digit", "seconds"])
    for number, (name, (pictures, labels)) in enumerate(sources.items()):
        begin = time.monotonic()
        network = learn(options, *read(pictures, options.data / labels))
        predict(network, by_name(options.data / "testB"), scratch / str(number))
        found = measured(options, scratch / str(number))
        row([name, f"{found['miou']:.4f}", f"{found['accuracy']:.4f}", f"{found['iou'][0]:.4f}",
             f"{min(found['iou'][1:]):.4f}", f"{time.monotonic() - begin:.0f}"])
        sys.stdout.flush()


def main():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--data", type=pathlib.Path, required=True, help="what limn data make made")
    words.add_argument("-t", "--translated", action="append", default=[], metavar="NAME=FOLDER",
                       help="translations of trainA")
    words.add_argument("--only-translated", action="store_true", help="without the lines of A and B")
    words.add_argument("--steps", type=int, default=1000)
    words.add_argument("--batch", type=int, default=8)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--limn", default="build/limn")
    options = words.parse_args()
    torch.set_num_threads(options.threads)
    sources = {name: (folder, "trainA_labels")
               for name, folder in (text.split("=", 1) for text in options.translated)}
    if not options.only_translated:
        sources = {"A": (options.data / "trainA", "trainA_labels"), **sources,
                   "B": (options.data / "trainB", "trainB_labels")}
    print(f"U-Net of {sum(p.numel() for p in UNet().parameters()):,} numbers", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        compare(options, sources, pathlib.Path(scratch))


if __name__ == "__main__":
    main()
