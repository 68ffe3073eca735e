"""DSMAP or MUNIT, limn and PyTorch in turn: an iteration of training (discriminators, then all others; 128x128,
width 32, batch 2), a translation by an exemplar and a further look of the same picture (256x256, width 64), with
ONNX Runtime as well. PyTorch computes what tests/reference/dsmap.py does, which limn's terms are held
against: nothing that is not used. Its Adam is the fused one. See bench/peers.

limn's seconds a step are those of its log, with waiting for pictures and without the first step; PyTorch has its
batch in memory and a step to warm up. Neither keeps an average of the weights. Pictures are noise: their content
costs nothing. Memory is of the whole process.
"""
import argparse
import functools
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np

from peers import measured, print_machine

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/reference"))
SIZE, WIDTH, BATCH, PICTURES = 128, 32, 2, 16  # of training
TRANSLATED, WIDE = 256, 64
LAYER = "relu5_1"


# ---- what each side is given ----

def write_pictures(folder):
    from PIL import Image

    noise = np.random.default_rng(0)
    for domain in "AB":
        place = pathlib.Path(folder, "train" + domain)
        place.mkdir()
        for i in range(PICTURES):
            Image.fromarray(noise.integers(0, 256, (SIZE, SIZE, 3), np.uint8)).save(place / f"{i}.png")


def setting(method, width, size):
    from dsmap import Setting

    weights = {"cycle": 0, "content": 1, "style_weight": 1} if method == "munit" else {}
    return Setting(method, width=width, size=size, batch=BATCH, **weights)


def write_model(method, path):
    """A model of limn's, of the parameters that PyTorch's side has too. In a process of its own: what is
    started by one that holds PyTorch seems to be as large."""
    from dsmap import by_formula, shapes

    values = {name: value.float().numpy() for name, value in
              by_formula(shapes(setting(method, WIDE, TRANSLATED))).items() if name.startswith("G.")}
    options = {"size": TRANSLATED, "width": WIDE, "encoder": method, "mapping": method == "dsmap",
               "domains": ["A", "B"]}
    head, at = {"__metadata__": {"limn.format": "1", "limn.network": "dsmap", "limn.options": json.dumps(options)}}, 0
    for name, value in values.items():
        head[name] = {"dtype": "F32", "shape": value.shape, "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    text = json.dumps(head).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for value in values.values():
            file.write(value.tobytes())


# ---- PyTorch, in a process of its own ----

def parameters(table, first=0):
    from dsmap import by_formula

    return {name: value.float() for name, value in by_formula(table, first).items()}


def training(method):
    import torch
    from dsmap import Training, shapes, vgg_shapes

    s = setting(method, WIDTH, SIZE)
    vgg = {} if method == "munit" else {"vgg": parameters(vgg_shapes(LAYER, 64), 1000), "vgg_layer": LAYER}
    made = Training(s, parameters(shapes(s)), **vgg)
    made.adam = [torch.optim.Adam([v for name, v in made.net.p.items() if name.startswith(letter)], lr=s.rate,
                                  betas=(0.5, 0.999), weight_decay=s.decay, fused=True) for letter in "DG"]
    x = {d: torch.rand(BATCH, 3, SIZE, SIZE) * 2 - 1 for d in "ab"}
    chance = [{d: torch.randn(BATCH, s.style) for d in "ab"} for _ in range(2)]
    return lambda: made.iteration(x, chance)


def translation(method):
    """The networks from a to b; what is read of a picture, the whole, a further look."""
    from dsmap import Networks, shapes

    s = setting(method, WIDE, TRANSLATED)
    net = Networks(s, parameters({name: shape for name, shape in shapes(s).items() if name.startswith("G.")}))

    def read(picture):
        return net.map("b", net.content("a", picture))

    def whole(picture, exemplar):
        return net.decode("b", read(picture), net.style("b", exemplar))

    return read, whole, functools.partial(net.decode, "b")


def seconds_of(run, count):
    run()
    found = []
    for _ in range(count):
        begin = time.perf_counter()
        run()
        found.append(time.perf_counter() - begin)
    return found


def one_translation(options):
    import torch

    read, whole, look = translation(options.method)
    picture, exemplar = torch.rand(2, 1, 3, TRANSLATED, TRANSLATED) * 2 - 1
    with torch.inference_mode():
        content, style = read(picture), torch.randn(1, 8)
        return {"look": seconds_of(lambda: look(content, style), options.runs),
                "whole": seconds_of(lambda: whole(picture, exemplar), options.runs)}


def write_onnx(method, folder):
    import torch

    read, whole, look = translation(method)

    class Module(torch.nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, first, second):
            return self.network(first, second)

    picture = torch.rand(1, 3, TRANSLATED, TRANSLATED)
    with torch.no_grad():
        for name, network, given in (("whole", whole, (picture, picture)),
                                     ("look", look, (read(picture), torch.randn(1, 8)))):
            torch.onnx.export(Module(network).eval(), given, f"{folder}/{name}.onnx", dynamo=True, verbose=False,
                              external_data=False, optimize=True)


def one_onnx(options):
    import onnxruntime as ort

    how = ort.SessionOptions()
    how.intra_op_num_threads, how.inter_op_num_threads, how.log_severity_level = options.threads, 1, 3
    found = {}
    for name in "look", "whole":
        session = ort.InferenceSession(f"{options.folder}/{name}.onnx", how, providers=["CPUExecutionProvider"])
        given = {it.name: np.random.default_rng(1).uniform(-1, 1, it.shape).astype(np.float32)
                 for it in session.get_inputs()}
        found[name] = seconds_of(functools.partial(session.run, None, given), options.runs)
        del session
    return found


def one(options):
    if options.one == "onnxruntime":
        return one_onnx(options)
    if options.one == "write":
        write_model(options.method, options.folder + "/model.safetensors")
        return write_onnx(options.method, options.folder) if options.onnx_too else None
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    if options.one == "translation":
        return one_translation(options)
    return {"step": seconds_of(training(options.method), options.steps)}


def in_its_process(options, what, folder=""):
    """What one() returns, and peak MB; None where it fails, or takes longer than the limit."""
    command = ["timeout", "--signal=KILL", str(options.limit), sys.executable, __file__, options.method, "--one", what,
               "--folder", folder] + [f"--{key}={getattr(options, key)}" for key in ("threads", "steps", "runs")]
    command += [] if options.onnx_too else ["--no-onnx"]
    result = measured(command, options.threads)
    return result and (json.loads(result[0].splitlines()[-1]), result[2])


# ---- limn ----

def limn_steps(options, data, precision):
    with tempfile.TemporaryDirectory() as name:
        loss = [] if options.method == "munit" else ["--loss-network", options.loss_network]
        result = measured(
            [options.limn, "train", options.method, "--precision", precision, "--data", data, "--image-size",
             str(SIZE), "--width", str(WIDTH), "--batch-size", str(BATCH), "--steps", str(options.steps + 1),
             "--ema", "0", "--threads", str(options.threads), "--sample-every", "1000000", "--save-every", "1000000",
             "--quiet", "--output", name + "/run"] + loss, options.threads)
        if not result:
            return None
        lines = [json.loads(line) for line in open(name + "/run/log.jsonl")][1:]
    return {"step": [line["seconds"] for line in lines]}, result[2]


def limn_translation(options, model, precision):
    result = measured([options.limn, "bench", model, "--size", str(TRANSLATED), "--precision", precision, "--threads",
                       str(options.threads), "--runs", str(options.runs), "--json"], options.threads)
    if not result:
        return None
    found = json.loads(result[0])
    return {"whole": [found["median_ms"] / 1e3], "look": [found["look_ms"] / 1e3]}, result[2]


# ---- both ----

def measure(options, peers):
    """{peer: ({what: seconds of all rounds}, peak MB)}, in turn; a peer that fails once is out."""
    found = {}
    for _ in range(options.rounds):
        for name, run in peers.items():
            before = found.setdefault(name, ({}, 0))
            result = before and run()
            if result:
                for what, seconds in result[0].items():
                    before[0].setdefault(what, []).extend(seconds)
            found[name] = result and (before[0], max(before[1], result[1]))
    return found


def print_table(found, what):
    ours = {name: statistics.median(found[name][0][what]) for name in ("limn exact", "limn fast") if found.get(name)}
    print("| | median s | least s |" + "".join(f" x {name[5:]} |" for name in ours) + " peak MB |")
    print("|---|---:|---:|" + "---:|" * len(ours) + "---:|")
    for name, result in found.items():
        if not result:
            print(f"| {name} | failed |")
            continue
        seconds = result[0][what]
        median = statistics.median(seconds)
        print(f"| {name} | {median:.3f} | {min(seconds):.3f} |" +
              "".join(f" {median / other:.2f} |" for other in ours.values()) + f" {result[1]:.0f} |")
    sys.stdout.flush()


def compare_steps(options):
    with tempfile.TemporaryDirectory() as data:
        write_pictures(data)
        peers = {f"limn {how}": functools.partial(limn_steps, options, data, how) for how in ("exact", "fast")}
        peers["torch"] = functools.partial(in_its_process, options, "training")
        found = measure(options, peers)
    print(f"\nAn iteration of {options.method}, batch {BATCH}, {SIZE}x{SIZE}, width {WIDTH}, {options.threads} "
          f"threads, {options.rounds} x {options.steps} iterations\n")
    print_table(found, "step")


def compare_translations(options):
    with tempfile.TemporaryDirectory() as folder:
        model = folder + "/model.safetensors"
        in_its_process(options, "write", folder)
        peers = {f"limn {how}": functools.partial(limn_translation, options, model, how) for how in ("exact", "fast")}
        peers["torch"] = functools.partial(in_its_process, options, "translation")
        if options.onnx_too:
            peers["onnxruntime"] = functools.partial(in_its_process, options, "onnxruntime", folder)
        found = measure(options, peers)
    for what, title in ("whole", "A translation by an exemplar"), ("look", "A further look of the same picture"):
        print(f"\n{title}, {options.method}, {TRANSLATED}x{TRANSLATED}, width {WIDE}, {options.threads} threads, "
              f"{options.rounds} x {options.runs} runs\n")
        print_table(found, what)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("method", choices=["dsmap", "munit"])
    arguments.add_argument("--one", help="for itself: measure one side")
    arguments.add_argument("--folder", help="for itself: where the networks are")
    arguments.add_argument("--only", choices=["step", "translation"])
    arguments.add_argument("--no-onnx", dest="onnx_too", action="store_false")
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--steps", type=int, default=4)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--limit", type=int, default=240, help="seconds until a process of PyTorch's is ended")
    arguments.add_argument("--loss-network", default="models/vgg19.safetensors")
    arguments.add_argument("--limn", default="build/limn")
    options = arguments.parse_args()
    os.chdir(ROOT)
    if options.one:
        return print(json.dumps(one(options)))
    print_machine()
    if options.only != "translation":
        compare_steps(options)
    if options.only != "step":
        compare_translations(options)


if __name__ == "__main__":
    main()
