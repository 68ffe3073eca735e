"""EGSC-IT, limn and PyTorch eager in turn: iterations of its second stage, and the translation of a hundred pictures
by one exemplar, from files to files, by the whole process. PyTorch computes what tests/reference/egsc_it.py does, which
limn's terms are held against: nothing that is not used, F and targets without gradients, D's weights held while the
generators learn. Its Adam is the fused one. See bench/peers.

limn's seconds an iteration are those of its log, with waiting for pictures and without the first; PyTorch has its
batch in memory and an iteration to warm up. Neither keeps an average of the weights. Pictures are noise: their
content costs nothing. Memory is of the whole process.
"""
import argparse
import functools
import json
import os
import pathlib
import sys
import tempfile
import time

import numpy as np

from peers import measured, print_machine
from peers_exemplar import measure, print_table, seconds_of

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/reference"))
PICTURES, CONTENTS = 16, 100
# Width, side, halvings, batch, steps of the generators for one of the discriminators.
STEPS = {"112": (64, 112, 2, 4, 1), "28": (32, 28, 0, 8, 5)}
TRANSLATED, WIDE = 128, 32


# ---- what each side is given ----

def write_pictures(folder, side, count):
    from PIL import Image

    noise = np.random.default_rng(0)
    for domain in "AB":
        place = pathlib.Path(folder, "train" + domain)
        place.mkdir()
        for i in range(count):
            Image.fromarray(noise.integers(0, 256, (side, side, 3), np.uint8)).save(place / f"{i:03}.png")


def translation_setting():
    from egsc_it import Setting

    return Setting(WIDE, TRANSLATED, TRANSLATED, 2, 1)


def translation_values():
    from egsc_it import by_formula, first_shapes, second_shapes

    s = translation_setting()
    table = {name: shape for name, shape in {**first_shapes(s), **second_shapes(s)}.items() if name[:2] in "F.E.S.G."}
    return {name: value.float() for name, value in by_formula(table, 0).items()}


def write_model(path):
    """A model of limn's, of the parameters that PyTorch's side has too."""
    values = {name: value.numpy() for name, value in translation_values().items()}
    for domain in "ab":
        values["styles." + domain] = np.zeros((64, 2 * 4 * WIDE), np.float32)
    options = {"size": TRANSLATED, "width": WIDE, "downsamplings": 2, "domains": ["A", "B"]}
    head, at = {"__metadata__": {"limn.format": "1", "limn.network": "egsc-it", "limn.options": json.dumps(options)}}, 0
    for name, value in values.items():
        head[name] = {"dtype": "F32", "shape": value.shape, "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    text = json.dumps(head).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for value in values.values():
            file.write(value.tobytes())


# ---- PyTorch, in a process of its own ----

def iteration(which):
    import torch
    from egsc_it import Setting, Training, by_formula, first_shapes, second_shapes, vgg_shapes

    width, side, halvings, batch, updates = STEPS[which]
    s = Setting(width, side, side, halvings, batch)
    single = {n: v.float() for n, v in by_formula({**first_shapes(s), **second_shapes(s)}, 0).items()
              if not n.startswith("auto.")}
    vgg = {n: v.float() for n, v in by_formula(vgg_shapes(64), 1000).items()}
    made = Training(s, single, 1, vgg)
    made.adam = [torch.optim.Adam(group, s.rate, (0.5, 0.999), 1e-8, fused=True) for group in made.groups]
    x = {d: torch.rand(batch, 3, side, side) * 2 - 1 for d in "ab"}
    latent = (batch, width << halvings, side >> halvings, side >> halvings)

    def run():
        for k in range(1 + updates):
            made.update(int(k > 0), x, [torch.randn(latent) for _ in range(4)])

    return run


def translate(options):
    """From files to files, as limn does it."""
    import torch
    from egsc_it import Networks
    from PIL import Image

    net = Networks(translation_setting(), translation_values())

    def read(path):
        rgb = torch.from_numpy(np.asarray(Image.open(path).convert("RGB"))).permute(2, 0, 1)[None].float()
        return rgb / 127.5 - 1

    with torch.inference_mode():
        style = net.look("b", read(options.folder + "/trainB/000.png"))[1]
        for path in sorted(pathlib.Path(options.folder, "trainA").iterdir()):
            x = read(path)
            content = net.read("a", x, 0)[2]
            y = net.draw("b", content, net.look("a", x)[0], style)
            rgb = ((y + 1) * 127.5).clamp(0, 255).round().byte()[0].permute(1, 2, 0).numpy()
            Image.fromarray(rgb).save(f"{options.folder}/made/{path.name}")


def one(options):
    if options.one == "write":
        return write_model(options.folder + "/model.safetensors")
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    if options.one == "translation":
        return translate(options)
    return {"step": seconds_of(iteration(options.one), options.steps)}


def in_its_process(options, what, folder=""):
    """What one() returns, and peak MB; None where it fails, or takes longer than the limit."""
    begin = time.perf_counter()
    result = measured(["timeout", "--signal=KILL", str(options.limit), sys.executable, __file__, "egsc-it", "--one",
                       what, "--folder", folder, f"--threads={options.threads}", f"--steps={options.steps}"],
                      options.threads)
    whole = time.perf_counter() - begin
    if not result:
        return None
    return json.loads(result[0].splitlines()[-1]) or {"whole": [whole]}, result[2]


# ---- limn ----

def limn_steps(options, which, data, precision):
    width, side, halvings, batch, updates = STEPS[which]
    with tempfile.TemporaryDirectory() as name:
        result = measured(
            [options.limn, "train", "egsc-it", "--precision", precision, "--data", data, "--image-size", str(side),
             "--width", str(width), "--downsamplings", str(halvings), "--batch-size", str(batch),
             "--generator-updates", str(updates), "--stage1-steps", "0", "--init", "none", "--ema", "0", "--steps",
             str(options.steps + 1), "--threads", str(options.threads), "--sample-every", "1000000", "--save-every",
             "1000000", "--quiet", "--loss-network", options.loss_network, "--output", name + "/run"], options.threads)
        if not result:
            return None
        lines = [json.loads(line) for line in open(name + "/run/log.jsonl")][1:]
    return {"step": [line["seconds"] for line in lines]}, result[2]


def limn_translation(options, folder, precision):
    begin = time.perf_counter()
    result = measured([options.limn, "translate", folder + "/trainA", "-m", folder + "/model.safetensors", "--exemplar",
                       folder + "/trainB/000.png", "--precision", precision, "--threads", str(options.threads),
                       "--force", "--quiet", "-o", folder + "/made/"], options.threads)
    return result and ({"whole": [time.perf_counter() - begin]}, result[2])


# ---- both ----

def compare_steps(options, which):
    width, side, _, batch, updates = STEPS[which]
    with tempfile.TemporaryDirectory() as data:
        write_pictures(data, side, PICTURES)
        peers = {f"limn {how}": functools.partial(limn_steps, options, which, data, how) for how in ("exact", "fast")}
        peers["torch"] = functools.partial(in_its_process, options, which)
        found = measure(options, peers)
    print(f"\nAn iteration of egsc-it, 1 D and {updates} G, batch {batch}, {side}x{side}, width {width}, "
          f"{options.threads} threads, {options.rounds} x {options.steps} iterations\n")
    print_table(found, "step")


def compare_translations(options):
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(folder, TRANSLATED, CONTENTS)
        pathlib.Path(folder, "made").mkdir()
        in_its_process(options, "write", folder)
        peers = {f"limn {how}": functools.partial(limn_translation, options, folder, how) for how in ("exact", "fast")}
        peers["torch"] = functools.partial(in_its_process, options, "translation", folder)
        found = measure(options, peers)
    print(f"\n{CONTENTS} pictures by one exemplar, {TRANSLATED}x{TRANSLATED}, width {WIDE}, {options.threads} threads, "
          f"the whole process, {options.rounds} rounds\n")
    print_table(found, "whole")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("method", choices=["egsc-it"])
    arguments.add_argument("--one", help="for itself: measure one side")
    arguments.add_argument("--folder", default="", help="for itself: where the pictures are")
    arguments.add_argument("--only", choices=[*STEPS, "translation"])
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--steps", type=int, default=4)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--limit", type=int, default=400, help="seconds until a process of PyTorch's is ended")
    arguments.add_argument("--loss-network", default="models/vgg19.safetensors")
    arguments.add_argument("--limn", default="build/limn")
    options = arguments.parse_args()
    os.chdir(ROOT)
    if options.one:
        return print(json.dumps(one(options)))
    print_machine()
    for which in STEPS:
        if options.only in (None, which):
            compare_steps(options, which)
    if options.only in (None, "translation"):
        compare_translations(options)


if __name__ == "__main__":
    main()
