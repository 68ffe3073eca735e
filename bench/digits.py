"""How right translations of digits are: the tables of docs/results.md for sets of `limn data make`.

    limn data make mnist-single runs/single --digits ../shared/data/mnist_10k
    .venv-peers/bin/python bench/digits.py --data runs/single
    .venv-peers/bin/python bench/digits.py --data runs/single -m full=runs/full -m UNIT=runs/unit

Every test picture is translated, in both directions, with its partner of the same name for an
exemplar; `-r NAME=FOLDER` takes what is there already, FOLDER/AtoB and FOLDER/BtoA. A line an answer,
those first that need no learning. The columns, of both directions:

    truth, exemplar          `limn measure ssim --window uniform` to the truth and to the exemplar, mean
                             and deviation over the pairs
    colour, shape            `limn measure colour`; of MNIST-Multiple distance, regions, shape

Of MNIST-Single then, for each of what is given: what colour pairs came where which were wanted
(training showed digits 5 to 9 in red on green alone, so they stand apart) and, of models, how many
pairs come of one digit by 100 exemplars.

Needs .venv-peers, which `bench/peers two-step` makes (NumPy and Pillow).
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

from translation import head, row

DIRECTIONS = {"AtoB": ("A", "B", "A2B"), "BtoA": ("B", "A", "B2A")}  # input, exemplar, truth
PRIMARIES = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]])
LOOKS = ["RG", "GR", "RB", "BR", "GB", "BG"]  # foreground, background
OTHER = "other"  # one colour for both
COLUMNS = {"colour": ".3f", "distance": ".1f", "regions": ".3f", "shape": ".3f"}
SPREAD = 100  # exemplars of one digit
UNSEEN = 5  # labels from here on were shown in the first look alone


# ---- pictures ----


def read(path):
    return np.asarray(Image.open(path).convert("RGB"))


def rgb(text):
    return np.array([int(text[i:i + 2], 16) for i in (0, 2, 4)])


class Pair:
    """What is known of a test pair in a direction."""

    def __init__(self, data, line, direction):
        source, target, truth = DIRECTIONS[direction]
        self.name, self.direction = line["name"], direction
        self.input = read(data / f"test{source}" / self.name)
        self.exemplar = read(data / f"test{target}" / self.name)
        self.truth = read(data / f"test{truth}" / self.name)
        self.line, self.source, self.target = line, source.lower(), target.lower()
        self.labels = None
        if (data / "testA_labels").exists():
            self.labels = [read(data / f"test{domain}_labels" / self.name)[:, :, 0]
                           for domain in (source, target)]

    def colours(self, domain):
        """Of MNIST-Single: foreground, background."""
        return [rgb(self.line[f"{part}_{domain}"]) for part in ("foreground", "background")]

    def ground(self):
        return rgb(self.line[f"ground_{self.target}"]) if self.labels else self.colours(self.target)[1]


def read_table(data):
    with open(data / "pairs.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    return [[line for line in lines if line["split"] == split] for split in ("train", "test")]


# ---- answers that need no learning ----


def flat(pair):
    """The exemplar's background."""
    return np.broadcast_to(pair.ground(), pair.input.shape)


def statistics(pair):
    """The input with the exemplar's mean and deviation in each channel, clipped."""
    source, target = (picture.reshape(-1, 3).astype(float) for picture in (pair.input, pair.exemplar))
    scale = target.std(0) / np.maximum(source.std(0), 1e-9)
    return target.mean(0) + (pair.input - source.mean(0)) * scale


def one_look(foreground, background):
    """The right digit, always in one pair of colours."""
    def answer(pair):
        digit = (pair.input == pair.colours(pair.source)[0]).all(2)[:, :, None]
        return np.where(digit, foreground, background)
    return answer


def exemplars_mean_colour(pair):
    """Right shapes and background, all digits in the mean colour of the exemplar's."""
    colour = pair.exemplar[pair.labels[1] > 0].mean(0)
    return np.where(pair.labels[0][:, :, None] > 0, colour, pair.ground())


def colour_of_labels(train, direction):
    """The same, each label in its mean colour over the training set."""
    domain = DIRECTIONS[direction][1].lower()
    mean = np.mean([[rgb(text) for text in line[f"colours_{domain}"].split()] for line in train], 0)

    def answer(pair):
        colours = np.concatenate([[pair.ground()], mean])
        return colours[pair.labels[0]]
    return answer


BLACK, WHITE = np.zeros(3), np.full(3, 255)


def answers_of(pairs, train, direction):
    """{name: function}"""
    found = {"perfect": lambda pair: pair.truth, "flat: the exemplar's background": flat,
             "statistics": statistics, "copy of the exemplar": lambda pair: pair.exemplar,
             "copy of the input": lambda pair: pair.input}
    if pairs[0].labels:
        found["right shapes, the exemplar's mean colour"] = exemplars_mean_colour
        if direction == "AtoB":
            found["right shapes, each label's mean colour"] = colour_of_labels(train, direction)
        return found
    looks = [(BLACK, WHITE), (WHITE, BLACK)]
    if direction == "AtoB":
        looks = [tuple(PRIMARIES["RGB".index(letter)] for letter in look) for look in LOOKS]
    wanted = [sum(np.array_equal(pair.colours(pair.target), look) for pair in pairs) for look in looks]
    found["right digit, the commonest pair of colours"] = one_look(*looks[int(np.argmax(wanted))])
    return found


def write_answer(answer, pairs, folder):
    folder.mkdir(parents=True)
    for pair in pairs:
        pixels = np.clip(np.round(answer(pair)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / pair.name)
    return folder


# ---- limn ----


def limn(options, *words):
    command = [options.limn, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return done.stdout


def similarity(options, folder, other):
    """Mean and deviation over the pairs."""
    lines = limn(options, "measure", "ssim", folder, other, "--window", "uniform", "-v", "--quiet")
    values = [float(line.split()[-1]) for line in lines.splitlines() if " SSIM: " not in line]
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"


def scored(options, folder, direction, columns):
    _, target, truth = DIRECTIONS[direction]
    wanted = options.data / f"test{truth}"
    found = json.loads(limn(options, "measure", "colour", folder, wanted, "--json", "--quiet"))
    return [similarity(options, folder, wanted),
            similarity(options, folder, options.data / f"test{target}"),
            *(f"{found[name]:{COLUMNS[name]}}" for name in columns)]


def translate(options, model, direction, folder):
    source, target, _ = DIRECTIONS[direction]
    limn(options, "translate", options.data / f"test{source}", "-m", model, "--direction", direction,
         "--exemplar", options.data / f"test{target}", "--pair", "name", "--size", "keep", "--format", "png", "--quiet",
         "--threads", options.threads, "-o", folder)
    return folder


# ---- what colours came ----


def look_of(picture, digit):
    """The primaries nearest to the mean colours over the digit and around it: "RG"."""
    nearest = [int(((picture[where].mean(0) - PRIMARIES) ** 2).sum(1).argmin())
               for where in (digit, ~digit)]
    look = "".join("RGB"[place] for place in nearest)
    return look if look in LOOKS else OTHER


def digit_of(pair):
    return (pair.input == pair.colours(pair.source)[0]).all(2)


def print_looks(name, folder, pairs):
    """Wanted against got, of digits 0 to 4 and 5 to 9."""
    results = {path.name: path for path in folder.rglob("*.png")}
    for title, low in ((f"digits 0 to {UNSEEN - 1}", True), (f"digits {UNSEEN} to 9", False)):
        counts = {look: dict.fromkeys([*LOOKS, OTHER], 0) for look in LOOKS}
        for pair in pairs:
            if (int(pair.line["label_a"]) < UNSEEN) != low:
                continue
            digit = digit_of(pair)
            counts[look_of(pair.truth, digit)][look_of(read(results[pair.name]), digit)] += 1
        head(f"{name}, A to B, {title} (of A): colour pairs wanted, down, against got", [*LOOKS, OTHER])
        for wanted, got in counts.items():
            row([wanted, *map(str, got.values())])


def print_spread(options, models, pairs, scratch):
    """Of one digit by many exemplars."""
    if not models:
        return
    count = min(SPREAD, len(pairs))
    head(f"Distinct colour pairs of one digit by {count} exemplars, A to B (of 6)", ["pairs"])
    digit = digit_of(pairs[0])
    exemplars = [word for pair in pairs[:SPREAD]
                 for word in ("--exemplar", options.data / "testB" / pair.name)]
    for name, model in models.items():
        folder = scratch / "spread" / name
        limn(options, "translate", options.data / "testA" / pairs[0].name, "-m", model, "--direction",
             "AtoB", "--size", "keep", "--format", "png", "--quiet", "-o", folder, *exemplars)
        looks = {look_of(read(path), digit) for path in folder.rglob("*.png")} - {OTHER}
        row([name, str(len(looks))])


# ---- tables ----


def score(options, pairs, train, given, direction, columns, scratch):
    """{answer: cells} of a direction"""
    found = {}
    for number, (name, answer) in enumerate(answers_of(pairs, train, direction).items()):
        folder = write_answer(answer, pairs, scratch / direction / str(number))
        found[name] = scored(options, folder, direction, columns)
    for name, folder in given.items():
        found[name] = scored(options, folder, direction, columns)
    return found


def print_scores(found, columns, count):
    """Both directions side by side; an answer that one of them has not leaves its cells empty."""
    cells = ["truth", "exemplar", *columns]
    there, back = found.values()
    print(f"\n{count} test pairs. SSIM to the truth and to the exemplar, mean and deviation.")
    head("Scores", ["A to B: " + cells[0], *cells[1:], "B to A: " + cells[0], *cells[1:]])
    for name, values in there.items():
        row([name, *values, *back.get(name, [""] * len(cells))])


def compare(options, models, results, scratch):
    train, test = read_table(options.data)
    pairs = {direction: [Pair(options.data, line, direction) for line in test]
             for direction in DIRECTIONS}
    multiple = pairs["AtoB"][0].labels
    columns = ["distance", "regions", "shape"] if multiple else ["colour", "shape"]
    found, folders = {}, {}
    for direction in DIRECTIONS:
        folders[direction] = {name: pathlib.Path(folder) / direction
                              for name, folder in results.items()}
        folders[direction] |= {name: translate(options, model, direction, scratch / name / direction)
                               for name, model in models.items()}
        found[direction] = score(options, pairs[direction], train, folders[direction], direction,
                                 columns, scratch / "answers")
    print_scores(found, columns, len(test))
    if multiple:
        return
    for name, folder in folders["AtoB"].items():
        print_looks(name, folder, pairs["AtoB"])
    print_spread(options, models, pairs["AtoB"], scratch)


def named(texts):
    return dict(text.split("=", 1) for text in texts)


def main():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--data", type=pathlib.Path, required=True, help="what limn data make made")
    words.add_argument("-m", "--model", action="append", default=[], metavar="NAME=MODEL")
    words.add_argument("-r", "--results", action="append", default=[], metavar="NAME=FOLDER",
                       help="translations there already, FOLDER/AtoB and FOLDER/BtoA")
    words.add_argument("--limn", default="build/limn")
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--keep", type=pathlib.Path, help="an empty folder for all pictures made")
    options = words.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare(options, named(options.model), named(options.results), options.keep or
                pathlib.Path(scratch))


if __name__ == "__main__":
    main()
