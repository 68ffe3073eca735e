"""How right a two-step model's translations are.

    .venv-peers/bin/python bench/translation.py -m MODEL --data ../shared/data/emoji
    .venv-peers/bin/python bench/translation.py -m MODEL --data ../shared/data/faces --sheet s.png

--data has train/DOMAIN/ and test/DOMAIN/; the model has seen none of test/, all of which goes
through `limn translate`. Where every test/DOMAIN/ has the same names, one name is one thing drawn
for each domain, so that translations have true answers: they are compared with them, and so are
answers that anyone could give (BASELINES). Always: how many translations a classifier of real
pictures takes for the wanted domain. Prints tables for docs/results.md. Needs .venv-peers, which
`bench/peers two-step` makes.

Pictures are laid on white and squashed to the model's square, as limn does before it looks at them.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageOps

from translation_classifier import Classifier

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
WHITE = 250  # a pixel is white where all channels are above
REACH = 5  # pixels that SSIM looks to each side
GOAL = 0.95  # of the classifier's own accuracy


# ---- pictures ----


def read(path, size):
    """A picture for the model, [3][size][size], 0..255."""
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    laid = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    square = laid.resize((size, size), Image.BILINEAR)
    return np.asarray(square, np.float32).transpose(2, 0, 1)


class Set:
    """Pictures of a folder by the stem of their names, [picture][3][size][size]."""

    def __init__(self, folder, size):
        paths = sorted(path for path in pathlib.Path(folder).iterdir()
                       if path.suffix.lower() in ENDINGS)
        if not paths:
            sys.exit(f"{folder}: there are no pictures in it")
        self.names = [path.stem for path in paths]
        self.pictures = np.stack([read(path, size) for path in paths])
        self.place = {name: i for i, name in enumerate(self.names)}


def domains_of(data):
    return sorted(path.name for path in pathlib.Path(data, "train").iterdir() if path.is_dir())


def translate(options, domains, folder):
    """{(from, to): Set} of all test pictures, those to their own domain among them."""
    for source in domains:
        command = [options.limn, "translate", f"{options.data}/test/{source}", "-m", options.model,
                   "--to", "all", "--format", "png", "--threads", str(options.threads), "--quiet",
                   "-o", f"{folder}/{source}"]
        if subprocess.run(command).returncode:
            sys.exit(f"{' '.join(command)} failed")
    example = next(pathlib.Path(folder, domains[0], domains[0]).iterdir())
    size = Image.open(example).size[0]
    return {(source, target): Set(f"{folder}/{source}/{target}", size)
            for source in domains for target in domains}


# ---- what is compared ----


def blur(size):
    """The Gaussian of SSIM over rows as a matrix; rows beyond the rim are mirrored ones."""
    taps = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / 1.5) ** 2)
    rows = np.zeros((size, size + 2 * REACH))
    for i in range(size):
        rows[i, i:i + len(taps)] = taps / taps.sum()
    return rows @ np.pad(np.eye(size), ((REACH, REACH), (0, 0)), "symmetric")


def ssim_map(a, b):
    """[picture][row][column]: each of red, green and blue by Wang 2004, then their mean."""
    a, b, matrix = a.astype(np.float64), b.astype(np.float64), blur(a.shape[-1])
    mean_a, mean_b, aa, bb, ab = (matrix @ x @ matrix.T for x in (a, b, a * a, b * b, a * b))
    product, squares = mean_a * mean_b, mean_a**2 + mean_b**2
    bright = (2 * product + 6.5025) / (squares + 6.5025)
    contrast = (2 * (ab - product) + 58.5225) / (aa + bb - squares + 58.5225)
    return (bright * contrast).mean(1)


def over(mask, values):
    """The mean over a mask of each picture, then over the pictures that have such pixels."""
    counts = mask.sum((1, 2))
    sums = (values * mask).sum((1, 2))
    return float((sums[counts > 0] / counts[counts > 0]).mean())


# (title, is more better)
MEASURES = {
    "SSIM, non-white pixels": True,
    "Mean absolute difference, non-white pixels": False,
    "SSIM, whole picture": True,
    "Mean absolute difference, whole picture": False,
}


def scores(answers, truth):
    """A figure for each of MEASURES. That of the whole is `limn measure ssim`, without the rim."""
    likeness, difference = ssim_map(answers, truth), np.abs(answers - truth).mean(1)
    drawn = (truth <= WHITE).any(1)
    inside = likeness[:, REACH:-REACH, REACH:-REACH]
    return [over(drawn, likeness), over(drawn, difference), float(inside.mean()),
            float(difference.mean())]


# ---- answers that anyone could give ----


def nearest(inputs, pictures):
    """Of each input the place of the picture with the least squared difference."""
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (inputs, pictures))
    return ((b**2).sum(1) - 2 * a @ b.T).argmin(1)


def nearest_answers(inputs, own, wanted):
    """The wanted domain's picture of the name of the nearest training picture of the input's own
    domain; where there is none of that name, the wanted domain's nearest to the input itself."""
    names = [own.names[i] for i in nearest(inputs, own.pictures)]
    direct = nearest(inputs, wanted.pictures)
    return wanted.pictures[[wanted.place.get(name, i) for name, i in zip(names, direct)]]


BASELINES = {
    "the input": lambda inputs, own, wanted, chance: inputs,
    "random": lambda inputs, own, wanted, chance:
        wanted.pictures[chance.integers(0, len(wanted.names), len(inputs))],
    "mean": lambda inputs, own, wanted, chance:
        np.broadcast_to(wanted.pictures.mean(0), inputs.shape),
    "white": lambda inputs, own, wanted, chance: np.full_like(inputs, 255),
    "nearest": lambda inputs, own, wanted, chance: nearest_answers(inputs, own, wanted),
}


# ---- tables ----


def row(cells):
    print("| " + " | ".join(cells) + " |")


def head(title, columns):
    print(f"\n{title}\n")
    print("| | " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * len(columns))


def directions(domains):
    return [(a, b) for a in domains for b in domains if a != b]


def compare(options, train, test, made):
    """{direction: {answer: scores}}"""
    found = {}
    for source, target in directions(list(test)):
        inputs, truth = test[source], test[target]
        order = [truth.place[name] for name in inputs.names]
        chance = np.random.default_rng(options.seed)
        answers = {"limn": made[source, target].pictures}
        answers |= {name: answer(inputs.pictures, train[source], train[target], chance)
                    for name, answer in BASELINES.items()}
        found[source, target] = {name: scores(pictures, truth.pictures[order])
                                 for name, pictures in answers.items()}
    return found


def print_measure(found, at, title, more):
    names = ["limn", *BASELINES]
    head(f"{title} ({'more' if more else 'less'} is better; the best bold)", names)
    table = {f"{a} to {b}": [of[name][at] for name in names] for (a, b), of in found.items()}
    table["mean"] = list(np.mean(list(table.values()), 0))
    for label, values in table.items():
        best = max(values) if more else min(values)
        texts = [f"{value:.3f}" if more else f"{value:.1f}" for value in values]
        row([label] + [f"**{text}**" if value == best else text
                       for text, value in zip(texts, values)])


def print_verdicts(found):
    """Over non-white pixels, the first two of MEASURES."""
    head("Does limn beat every baseline over non-white pixels?", ["SSIM", "difference", "both"])
    for (source, target), of in found.items():
        cells, ours = [], of["limn"]
        for at, more in enumerate(list(MEASURES.values())[:2]):
            sign = 1 if more else -1
            lost = [name for name in BASELINES if sign * ours[at] <= sign * of[name][at]]
            cells.append("no: " + ", ".join(lost) if lost else "yes")
        row([f"{source} to {target}", *cells, "yes" if cells == ["yes", "yes"] else "no"])


def print_comparison(options, train, test, made):
    found = compare(options, train, test, made)
    count = len(next(iter(test.values())).names)
    print(f"\n{count} test pictures a direction, against the true answers; differences in 255ths. "
          "SSIM: 11x11\nGaussian, sigma 1.5, the mean of red, green and blue. Random: a training "
          "picture of the wanted domain;\nmean: all of them; nearest: the wanted domain's picture "
          "of what is, by pixels, most like the input\namong the training pictures of its domain "
          "(so it knows which are one thing; the model never learns that).")
    for at, (title, more) in enumerate(MEASURES.items()):
        print_measure(found, at, title, more)
    print_verdicts(found)


def print_classified(options, train, test, made):
    domains = list(test)
    judge = Classifier([train[domain].pictures for domain in domains], options.seed,
                       options.epochs, options.threads)

    def share(pictures, domain):
        return (judge(pictures) == domains.index(domain)).mean()

    head("Taken for the wanted domain, by a classifier trained on real pictures",
         ["real pictures of it", "inputs", "translations", f"ratio (goal {GOAL})"])
    table = [(f"{a} to {b}", share(test[b].pictures, b), share(test[a].pictures, b),
              share(made[a, b].pictures, b)) for a, b in directions(domains)]
    table.append(("mean", *np.mean([values for _, *values in table], 0)))
    for label, real, inputs, translations in table:
        ratio = translations / real if real else float("nan")
        row([label] + [f"{100 * value:.1f} %" for value in (real, inputs, translations)]
            + [f"{ratio:.3f}" if ratio >= GOAL else f"**{ratio:.3f}**"])
    real = np.concatenate([judge(test[domain].pictures) == i for i, domain in enumerate(domains)])
    print(f"\nThe classifier is right in {100 * real.mean():.1f} % of {len(real)} real test "
          "pictures; ratios below the goal are bold.")


# ---- a sheet ----


def write_sheet(options, test, made):
    """A row a picture: the input, then what is made of it for each domain. Where sets have the same
    names, the same are shown of each."""
    gap, rows = 2, []
    for source, inputs in test.items():
        chance = np.random.default_rng(options.seed)
        count = min(options.rows, len(inputs.names))
        for i in sorted(chance.choice(len(inputs.names), count, replace=False)):
            rows.append([inputs.pictures[i]]
                        + [made[source, target].pictures[i] for target in test])
    framed = np.pad(np.array(rows), ((0, 0),) * 3 + ((0, gap),) * 2, constant_values=255)
    height, width = framed.shape[-2:]
    sheet = framed.transpose(0, 3, 1, 4, 2).reshape(len(rows) * height, -1, 3)
    sheet = sheet[:-gap, :len(rows[0]) * width - gap]
    Image.fromarray(np.rint(sheet).astype(np.uint8)).save(options.sheet)
    print(f"\n{options.sheet}: {options.rows} rows each of {', '.join(test)}; columns: the input, "
          f"{', '.join(test)}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-m", "--model", required=True)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--limn", default="build/limn")
    arguments.add_argument("--seed", type=int, default=0, help="of chance and of the classifier")
    arguments.add_argument("--epochs", type=int, default=12, help="the classifier's")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--sheet", help="also write a sheet of pictures, FILE.png")
    arguments.add_argument("--rows", type=int, default=4, help="of each domain on the sheet")
    options = arguments.parse_args()
    domains = domains_of(options.data)
    with tempfile.TemporaryDirectory() as folder:
        made = translate(options, domains, folder)
    size = made[domains[0], domains[0]].pictures.shape[-1]
    train, test = ({domain: Set(f"{options.data}/{part}/{domain}", size) for domain in domains}
                   for part in ("train", "test"))
    for (source, _), pictures in made.items():
        if pictures.names != test[source].names:
            sys.exit(f"{options.data}/test/{source}: limn translated other pictures")
    if options.sheet:
        write_sheet(options, test, made)
    if all(test[domain].names == test[domains[0]].names for domain in domains):
        print_comparison(options, train, test, made)
    print_classified(options, train, test, made)


if __name__ == "__main__":
    main()
