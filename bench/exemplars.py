"""How good translations by exemplar are: the tables of docs/results.md.

    .venv-peers/bin/python bench/exemplars.py --data ../shared/data/cats_dogs --network INCEPTION \\
        -m DSMAP=runs/dsmap -m "no mappings=runs/plain" -m MUNIT=runs/munit

--data has trainA, trainB, testA and testB, of square pictures; no model has seen the last two. Every
test picture is translated with each of ten exemplars (every tenth test picture of the other domain,
by name) and with ten random styles, in both directions. A line a model and way, beside it what
anyone could do: copy the input, give it the exemplar's mean and deviation in each channel
("statistics"), or take a random real picture. All pictures are of the model's size.

    KID, FID      `limn measure`, against the training pictures of the domain wanted. KID of all
                  results, FID of one of each content (content k with style k mod 10)
    domain        share that a classifier of real pictures takes for the domain wanted, over its
                  share of real test pictures
    content       share whose own input is the nearest of all inputs, by the mean squared difference
                  of instance-normalised relu4_1 of VGG-19 (chance: 1 in their number)
    distance      `limn measure perceptual` to the own input
    exemplar      share whose own exemplar is the nearest of the ten, by means and deviations of the
                  channels of relu1_2, relu2_2 and relu3_3, each over its spread (chance 0.1)
    style         EGSC-IT's style term to the exemplar, times 1,000: the mean difference of products
                  of VGG-19's features (relu1_1 to relu5_1, each channel of unit length), summed;
                  of pictures that follow no exemplar to each of the ten
    effect        mean difference, 0..255, between the results of one content in two styles
    diversity     `limn measure diversity`: 15 pairs of results of each content

Needs .venv-peers, which `bench/peers two-step` makes.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from peers_network import read_weights
from translation import head, row
from translation_classifier import Classifier

STYLES = 10
WAYS = ("exemplar", "random")
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
COLUMNS = ["KID-768 x 1000", "FID-768", "domain", "content", "distance", "exemplar", "style", "effect",
           "diversity"]
# VGG-19's convolutions up to conv5_1; pools stand before those that begin a block
TAPS = {0: "relu1_1", 2: "relu1_2", 5: "relu2_1", 7: "relu2_2", 10: "relu3_1", 14: "relu3_3",
        19: "relu4_1", 28: "relu5_1"}
LAYERS, POOLED = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28], {5, 10, 19, 28}
LOOKS = ("relu1_2", "relu2_2", "relu3_3")  # whose means and deviations tell exemplars apart
STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


# ---- pictures ----


def listed(folder):
    return sorted(path for path in pathlib.Path(folder).iterdir() if path.suffix.lower() in ENDINGS)


def shrunk(paths, size, folder):
    """The pictures at the model's size, written to a folder."""
    folder.mkdir(parents=True)
    for path in paths:
        picture = Image.open(path).convert("RGB").resize((size, size), Image.BILINEAR)
        picture.save(folder / (path.stem + ".png"))
    return folder


def pictures(paths):
    """[picture][3][size][size], 0..255."""
    return np.stack([np.asarray(Image.open(path).convert("RGB"), np.float32).transpose(2, 0, 1)
                     for path in paths])


# ---- limn ----


def limn(options, *words):
    command = [options.limn, *map(str, words), "--threads", str(options.threads)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return done.stdout


def measured(options, metric, *words):
    return json.loads(limn(options, "measure", metric, *words, "--json", "--quiet"))[metric]


def translate(options, model, direction, way, folder):
    """Results as folder/STYLE/NAME.png."""
    exemplars = listed(f"{options.data}/test{direction[-1]}")[::10][:STYLES]
    words = ["--random", STYLES, "--seed", options.seed]
    if way == "exemplar":
        words = [word for path in exemplars for word in ("--exemplar", path)]
    limn(options, "translate", f"{options.data}/test{direction[0]}", "-m", model, "--direction",
         direction, "--format", "png", "--quiet", "-o", folder, *words)
    return folder


def with_statistics(inputs, exemplars, folder):
    """Each input with each exemplar's mean and deviation, as folder/STYLE/NAME.png."""
    for exemplar in exemplars:
        target = pictures([exemplar])[0].reshape(3, -1)
        (folder / exemplar.stem).mkdir(parents=True)
        for path in inputs:
            source = pictures([path])[0].reshape(3, -1)
            unit = (source - source.mean(1, keepdims=True)) / (source.std(1, keepdims=True) + 1e-9)
            made = unit * target.std(1, keepdims=True) + target.mean(1, keepdims=True)
            size = Image.open(path).size
            picture = made.clip(0, 255).round().astype(np.uint8).T.reshape(*size[::-1], 3)
            Image.fromarray(picture).save(folder / exemplar.stem / path.name)
    return folder


def effect(folder):
    """Mean difference between results of one content, over all pairs of styles."""
    styles = np.stack([pictures(listed(style)) for style in sorted(folder.iterdir()) if style.is_dir()])
    return float(np.mean([np.abs(styles[i] - styles[j]).mean()
                          for i in range(len(styles)) for j in range(i)]))


def one_each(folder, target):
    """Content k in style k mod 10."""
    target.mkdir()
    styles = sorted(path for path in folder.iterdir() if path.is_dir())
    for k, path in enumerate(listed(styles[0])):
        shutil.copy(styles[k % len(styles)] / path.name, target)
    return target


# ---- VGG-19 ----


class Vgg:
    def __init__(self, path):
        self.weights = {name: torch.from_numpy(value) for name, value in read_weights(path).items()}

    def __call__(self, batch):
        """{tap: maps}"""
        mean = torch.tensor([103.939, 116.779, 123.68])[:, None, None]
        x, found = torch.as_tensor(batch).flip(1) - mean, {}
        for layer in LAYERS:
            if layer in POOLED:
                x = functional.max_pool2d(x, 2, ceil_mode=True)
            x = functional.relu(functional.conv2d(x, self.weights[f"features.{layer}.weight"],
                                                  self.weights[f"features.{layer}.bias"], padding=1))
            if layer in TAPS:
                found[TAPS[layer]] = x
        return found

    def looked(self, all_pictures):
        """What is compared: contents [picture][numbers], looks [picture][numbers]."""
        contents, looks = [], []
        with torch.inference_mode():
            for at in range(0, len(all_pictures), 10):
                taps = self(all_pictures[at:at + 10])
                contents.append(functional.instance_norm(taps["relu4_1"]).flatten(1))
                statistics = [of(taps[tap].flatten(2), 2) for tap in LOOKS
                              for of in (torch.mean, torch.std)]
                looks.append(torch.cat(statistics, 1))
        return torch.cat(contents), torch.cat(looks)

    def products(self, batch):
        """Products of features over all places, [picture][channel][channel] a layer."""
        taps, found = self(batch), []
        for tap in STYLE:
            features = functional.normalize(taps[tap].flatten(2), dim=2, eps=1e-6)
            found.append(features @ features.transpose(1, 2) / features.shape[2])
        return found

    def style(self, all_pictures, exemplars, own):
        """The mean style term, times 1,000, of pictures to exemplars [own[k]]."""
        with torch.inference_mode():
            wanted, sums = self.products(exemplars), []
            for at in range(0, len(all_pictures), 10):
                whose = torch.as_tensor(own[at:at + 10])
                sums.append(sum((a - b[whose]).abs().mean((1, 2)) for a, b in
                                zip(self.products(all_pictures[at:at + 10]), wanted)))
        return 1000 * float(torch.cat(sums).mean())


def share_nearest(found, candidates, own):
    """The share of rows whose nearest candidate is their own."""
    return float((torch.cdist(found, candidates).argmin(1) == torch.as_tensor(own)).float().mean())


# ---- a direction ----


class Judge:
    """All that results of one direction are held against."""

    def __init__(self, options, direction, size, scratch):
        self.options, self.scratch, self.source, self.target = options, scratch, *direction[::3]
        real = {f"{part}{domain}": shrunk(listed(f"{options.data}/{part}{domain}"), size,
                                          scratch / f"{part}{domain}")
                for part in ("train", "test") for domain in "AB"}
        self.folders = real
        self.inputs, self.wanted = real[f"test{self.source}"], real[f"train{self.target}"]
        tests = listed(real[f"test{self.target}"])
        self.exemplars = tests[::10][:STYLES]
        self.vgg = Vgg(options.vgg)
        self.contents, _ = self.vgg.looked(pictures(listed(self.inputs)))
        _, looks = self.vgg.looked(pictures(self.exemplars))
        self.spread = looks.std(0) + 1e-12
        self.looks = looks / self.spread
        self.classify = Classifier([pictures(listed(real[f"train{d}"])) for d in "AB"], options.seed,
                                   options.epochs, options.threads)
        self.real_share = self.share_in_domain(pictures(tests))
        self.features = self.scratch / "wanted.npz"

    def share_in_domain(self, some):
        return float((self.classify(some) == "AB".index(self.target)).mean())

    def distance(self, metric, folder, *words):
        """From the training pictures; from their features, once they are kept."""
        wanted = self.features if self.features.exists() else self.wanted
        return measured(self.options, metric, folder, wanted, "--network", self.options.network, "--features", 768,
                        *words)

    def kid(self, folder):
        keep = () if self.features.exists() else ("--save", self.features)
        return self.distance("kid", folder, "--seed", self.options.seed, *keep)

    def fid(self, folder):
        return self.distance("fid", folder)

    def of_results(self, folder, way):
        styles = sorted(path for path in folder.iterdir() if path.is_dir())
        names = [path.stem for path in listed(self.inputs)]
        paths = [path for style in styles for path in listed(style)]
        own = [names.index(path.stem) for path in paths]
        made = pictures(paths)
        contents, looks = self.vgg.looked(made)
        exemplar = style = None
        if way == "exemplar":
            order = [path.stem for path in self.exemplars]
            whose = [order.index(path.parent.name) for path in paths]
            exemplar = share_nearest(looks / self.spread, self.looks, whose)
            style = self.vgg.style(made, pictures(self.exemplars), whose)
        each = one_each(folder, self.scratch / f"each-{folder.name}")
        return [self.kid(folder), self.fid(each), self.share_in_domain(made) / self.real_share,
                share_nearest(contents, self.contents, own),
                measured(self.options, "perceptual", folder, self.inputs), exemplar, style,
                effect(folder), measured(self.options, "diversity", folder, "--seed",
                                         self.options.seed)]

    def style_of(self, some):
        """Of pictures that follow no exemplar: to each of them."""
        count = len(self.exemplars)
        return self.vgg.style(np.repeat(some, count, 0), pictures(self.exemplars),
                              list(range(count)) * len(some))

    def of_copies(self):
        return [self.kid(self.inputs), self.fid(self.inputs),
                self.share_in_domain(pictures(listed(self.inputs))) / self.real_share, 1.0, 0.0,
                None, self.style_of(pictures(listed(self.inputs))), 0.0, 0.0]

    def of_statistics(self):
        folder = self.scratch / "statistics"
        return self.of_results(with_statistics(listed(self.inputs), self.exemplars, folder), "exemplar")

    def of_random(self):
        """A random training picture of the domain wanted in the place of each result."""
        chance, names = np.random.default_rng(self.options.seed), listed(self.inputs)
        folder, real = self.scratch / "real", listed(self.wanted)
        folder.mkdir()
        for path, k in zip(names, chance.choice(len(real), len(names), replace=False)):
            shutil.copy(real[k], folder / path.name)
        made = pictures(listed(folder))
        contents, _ = self.vgg.looked(made)
        return [None, None, self.share_in_domain(made) / self.real_share,
                share_nearest(contents, self.contents, range(len(names))),
                measured(self.options, "perceptual", folder, self.inputs), None,
                self.style_of(made), None,
                measured(self.options, "diversity", self.wanted, "--pairs", 1500, "--seed",
                         self.options.seed)]

    def of_tests(self):
        tests = self.folders[f"test{self.target}"]
        return [self.kid(tests), self.fid(tests), 1.0, None, None, None, None, None, None]


def show(value):
    return "" if value is None else f"{value:.3f}"


def judge(options, direction, results, size, scratch):
    held = Judge(options, direction, size, scratch)
    head(f"{direction[0]} to {direction[-1]}, {size}x{size}", COLUMNS)
    for label, values in (("the copied input", held.of_copies()),
                          ("statistics", held.of_statistics()),
                          ("a random real picture", held.of_random()),
                          ("real test pictures", held.of_tests())):
        row([label] + [show(value) for value in values])
    for (label, way), folder in results.items():
        row([f"{label}, {way}"] + [show(value) for value in held.of_results(folder, way)])
    print(f"\nThe classifier takes {100 * held.real_share:.1f} % of the real test pictures for what "
          f"they are.")


def main():
    arguments = argparse.ArgumentParser(description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-m", "--model", action="append", required=True, help="NAME=MODEL")
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--network", required=True, help="the Inception network of FID")
    arguments.add_argument("--vgg", default="models/vgg19.safetensors")
    arguments.add_argument("--limn", default="build/limn")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--epochs", type=int, default=12, help="the classifier's")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    models = dict(model.split("=", 1) for model in options.model)
    for direction in ("AtoB", "BtoA"):
        with tempfile.TemporaryDirectory() as folder:
            scratch = pathlib.Path(folder)
            results = {(label, way): translate(options, model, direction, way, scratch / f"{i}{way}")
                       for i, (label, model) in enumerate(models.items()) for way in WAYS}
            first = next(next(iter(results.values())).rglob("*.png"))
            judge(options, direction, results, Image.open(first).size[0], scratch)


if __name__ == "__main__":
    main()
