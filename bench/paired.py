#!/usr/bin/env python3
"""How good models that learnt from pairs are, beside what anyone could give.

    .venv-peers/bin/python bench/paired.py --data ../shared/data/openmoji RUN ... [--sheet sheet.png]
    .venv-peers/bin/python bench/paired.py --data ../shared/data/maps --direction BtoA RUN ...
    .venv-peers/bin/python bench/paired.py --data ../shared/data/photos --input grey RUN ...

--data has A/train, B/train, A/val and B/val with equal names, or train and val with both sides in one
picture, or, with --input grey, train and val with any pictures, whose luma is the input; the models have
seen none of val, all of which goes through `limn translate`. Pairs whose sides are equal are left out and
counted. Pictures are brought to --size (128) by antialiased bicubic reduction first. Prints the table of
../shared/spec/spatial-profile.md, section 7: PSNR, SSIM, the mean error over all pixels and over those of
the truth that are not white, spatial profiles (`limn measure profile`: GP, the parts of CP, their sum,
the reach), perceptual distance, and with --inception KID-768 x 1000 (100 subsets of 50) and FID-768
against the true pictures.

Rows beside the models: copying the input; white filled by buckets (with the mean colour of training
that is not joined to the rim: drawings); the partner of the nearest training input; the mean training
picture; white. --sheet: 16 pairs in rows, the input, all models, the truth.

Needs Pillow and numpy."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
WHITE = 250  # a pixel is white where all channels are above
LUMA = np.array([0.299, 0.587, 0.114])
SHOWN = 16


# ---- pairs ----

def solid(path):
    picture = Image.open(path).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def squared(picture, size):
    shorter = min(picture.size)
    sides = [max(size, round(side * size / shorter)) for side in picture.size]
    picture = picture.resize(sides, Image.BICUBIC) if tuple(sides) != picture.size else picture
    left, top = ((side - size) // 2 for side in sides)
    return np.asarray(picture.crop((left, top, left + size, top + size)))


def pictures_in(folder):
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)


def read_grey(folder, size):
    """As read_pairs: luma and the picture itself."""
    paths = pictures_in(folder)
    truths = [squared(solid(path), size) for path in paths]
    luma = [np.repeat((truth @ LUMA).round().astype(np.uint8)[..., None], 3, axis=-1) for truth in truths]
    return [path.stem for path in paths], np.stack([luma, truths], axis=1)


def read_pairs(data, part, size, direction):
    """Names and [pair][side][row][column][3] of 8-bit values, the input first."""
    names, pairs = [], []
    apart = (data / "A" / part).is_dir()
    for path in pictures_in(data / "A" / part if apart else data / part):
        if apart:
            found = next((data / "B" / part).glob(path.stem + ".*"), None)
            if not found:
                continue
            sides = [solid(path), solid(found)]
        else:
            whole = solid(path)
            half = whole.width // 2
            sides = [whole.crop((half * i, 0, half * (i + 1), whole.height)) for i in range(2)]
        if direction == "BtoA":
            sides.reverse()
        names.append(path.stem)
        pairs.append([squared(side, size) for side in sides])
    if not pairs:
        sys.exit(f"{data}: there are no pairs in {part}")
    return names, np.array(pairs, np.uint8)


def read_part(options, part):
    if options.input == "grey":
        return read_grey(options.data / part, options.size)
    return read_pairs(options.data, part, options.size, options.direction)


def save(folder, names, pictures):
    folder.mkdir()
    for name, picture in zip(names, pictures):
        Image.fromarray(picture).save(folder / f"{name}.png")
    return folder


# ---- what anyone could give ----

def white(picture):
    return (picture > WHITE).all(axis=-1)


def outside(picture):
    """Where the white is that is joined to the rim's by neighbours of an edge."""
    free = white(picture)
    reached = np.zeros_like(free)
    for rim in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        reached[rim] = free[rim]
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= free
        if (grown == reached).all():
            return reached
        reached = grown


def fill_colour(pairs):
    fills = [pair[1][white(pair[0]) & ~white(pair[1])] for pair in pairs]
    return np.concatenate(fills).mean(axis=0).round().astype(np.uint8)


def bucket_fill(picture, colour):
    filled = picture.copy()
    filled[white(picture) & ~outside(picture)] = colour
    return filled


def nearest(inputs, training):
    """The partners of the nearest training inputs, by the sum of squared differences."""
    known = training[:, 0].reshape(len(training), -1).astype(np.float32)
    lengths = (known ** 2).sum(axis=1)
    found = []
    for picture in inputs:
        flat = picture.reshape(-1).astype(np.float32)
        found.append(training[np.argmin(lengths - 2 * known @ flat), 1])
    return np.array(found)


def baselines(inputs, training, drawings):
    yield "copying the input", inputs
    if drawings:
        colour = fill_colour(training)
        yield f"bucket fill {tuple(int(c) for c in colour)}", np.array([bucket_fill(x, colour) for x in inputs])
    yield "nearest training input's partner", nearest(inputs, training)
    mean = training[:, 1].mean(axis=0, dtype=np.float64).round().astype(np.uint8)
    yield "mean training picture", np.repeat(mean[None], len(inputs), axis=0)
    if drawings:
        yield "white", np.full_like(inputs, 255)


# ---- measuring ----

def limn(options, *words):
    command = [options.limn, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return done.stdout


def measured(options, metric, *words):
    return json.loads(limn(options, "measure", metric, *words, "--json"))


def errors(made, truth):
    difference = np.abs(made.astype(float) - truth.astype(float)).mean(axis=-1)
    coloured = [d[~white(t)].mean() for d, t in zip(difference, truth) if not white(t).all()]
    return difference.mean(), np.mean(coloured)


def row(options, made, truth, pictures, truths):
    psnr, ssim, spl, look = (measured(options, metric, made, truth)
                             for metric in ("psnr", "ssim", "profile", "perceptual"))
    cells = [f"{psnr['psnr']:.2f}", f"{ssim['ssim']:.3f}", *(f"{e:.1f}" for e in errors(pictures, truths))]
    cells += [f"{spl[part]:.2f}" for part in ("gp", "cp_rgb", "cp_yuv", "cp_grad", "sum", "reach")]
    cells.append(f"{look['perceptual']:.3f}")
    if options.inception:
        cells += [f"{distance:.3f}" for distance in distances(options, made, truth)]
    return cells


def distances(options, made, truth):
    """KID and FID; the features of either set are made once, and kept beside it."""
    network = ("--network", options.inception, "--features", 768)
    drawn = ("--subsets", 100, "--subset-size", 50, "--seed", 0)
    own, wanted = (folder.parent / f"{folder.name}.npz" for folder in (made, truth))
    if not wanted.exists():
        measured(options, "kid", made, truth, *network, *drawn, "--save", wanted)
    kid = measured(options, "kid", wanted, made, *network, *drawn, "--save", own)
    return kid["kid"], measured(options, "fid", own, wanted, *network)["fid"]


HEAD = ["PSNR", "SSIM", "error", "non-white", "GP", "CP rgb", "CP yuv", "CP grad", "sum", "reach", "perceptual"]


def translated(options, model, inputs, names, place):
    limn(options, "translate", inputs, "-m", model, "-o", place, "--format", "png", "--threads",
         options.threads, "--quiet")
    return np.array([np.asarray(Image.open(place / f"{name}.png").convert("RGB")) for name in names])


def draw_sheet(path, columns):
    chosen = np.linspace(0, len(columns[0]) - 1, min(SHOWN, len(columns[0]))).astype(int)
    rows = [np.concatenate([column[i] for column in columns], axis=1) for i in chosen]
    Image.fromarray(np.concatenate(rows)).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--direction", choices=["AtoB", "BtoA"], default="AtoB")
    parser.add_argument("--input", choices=["pair", "grey"], default="pair")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--drawings", action="store_true", help="bucket fill and white as rows, too")
    parser.add_argument("--models-only", action="store_true", help="no rows of what needs no training")
    parser.add_argument("--inception")
    parser.add_argument("--sheet")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limn", default="build/limn")
    options = parser.parse_args()
    (_, training), (names, pairs) = (read_part(options, part) for part in ("train", "val"))
    differ = [(p[0] != p[1]).any() for p in pairs]
    names, pairs = [n for n, d in zip(names, differ) if d], pairs[np.array(differ)]
    print(f"{len(names)} pairs that differ, {differ.count(False)} are equal\n")
    head = HEAD + (["KID-768 x 1000", "FID-768"] if options.inception else [])
    print("| | " + " | ".join(head) + " |\n| --- |" + " --- |" * len(head))
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        inputs, truth = (save(place / side, names, pairs[:, i]) for i, side in enumerate(("input", "truth")))
        columns = [pairs[:, 0]]
        answers = [] if options.models_only else list(baselines(pairs[:, 0], training, options.drawings))
        answers += [(model, None) for model in options.models]
        for number, (name, pictures) in enumerate(answers):
            made = place / str(number)
            if pictures is None:
                pictures = translated(options, name, inputs, names, made)
                name = pathlib.Path(name).name
                columns.append(pictures)
            else:
                save(made, names, pictures)
            print(f"| {name} | " + " | ".join(row(options, made, truth, pictures, pairs[:, 1])) + " |", flush=True)
        if options.sheet:
            draw_sheet(options.sheet, [*columns, pairs[:, 1]])


if __name__ == "__main__":
    main()
