"""Generators of pix2pix and CycleGAN, limn, PyTorch eager and ONNX Runtime in turn: one picture of 256x256 through
resnet-9blocks (instance norm) and unet-256 (batch norm, statistics of the picture). PyTorch computes what
tests/reference/paired.py does, which limn's pictures are held against. See bench/peers.

Beside seconds by the clock it tells processor seconds, of all threads together: those of a run of limn are the
difference between two processes, of one run and of many. On a machine that is not idle they say more; with more
than one thread a peer's threads that wait turning count as well, so take --threads 1 there.
"""
import argparse
import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from peers import measured, print_machine

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/reference"))
SIZE = 256
GMACS = {"resnet-9blocks": 49.552, "unet-256": 6.048}


def network_of(name):
    import torch
    from paired import ResNet, UNet, fill

    network = ResNet(64, 9, "instance") if name == "resnet-9blocks" else UNet(64, 8, "batch")
    fill(network, 1)
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.track_running_stats, module.running_mean, module.running_var = False, None, None
    return network.eval()


def seconds_of(run, count):
    """By the clock and by the processor, a run each."""
    run()
    wall, own = [], []
    for _ in range(count):
        begin, before = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - begin)
        own.append(time.process_time() - before)
    return {"wall": wall, "own": own}


def one_torch(options):
    import torch

    torch.set_num_threads(options.threads)
    network, picture = network_of(options.network), torch.rand(1, 3, SIZE, SIZE) * 2 - 1
    with torch.inference_mode():
        return seconds_of(lambda: network(picture), options.runs)


def one_onnx(options):
    import numpy as np
    import onnxruntime as ort

    how = ort.SessionOptions()
    how.intra_op_num_threads, how.inter_op_num_threads, how.log_severity_level = options.threads, 1, 3
    session = ort.InferenceSession(f"{options.folder}/network.onnx", how, providers=["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: np.random.rand(1, 3, SIZE, SIZE).astype(np.float32) * 2 - 1}
    return seconds_of(functools.partial(session.run, None, given), options.runs)


def write(options):
    import torch

    from paired import ResNet, UNet, fill

    network = ResNet(64, 9, "instance") if options.network == "resnet-9blocks" else UNet(64, 8, "batch")
    fill(network, 1)
    torch.save(network.state_dict(), f"{options.folder}/latest_net_G.pth")
    subprocess.run([options.limn, "convert", f"{options.folder}/latest_net_G.pth", "-o",
                    f"{options.folder}/model.safetensors"], check=True, capture_output=True)
    torch.onnx.export(network_of(options.network), (torch.rand(1, 3, SIZE, SIZE),), f"{options.folder}/network.onnx",
                      dynamo=True, verbose=False, external_data=False, optimize=True)


def in_its_process(options, what):
    result = measured([sys.executable, __file__, "--one", what, "--folder", options.folder, "--network",
                       options.network] + [f"--{key}={getattr(options, key)}" for key in ("threads", "runs", "limn")],
                      options.threads)
    if not result:
        return None
    return (None if what == "write" else json.loads(result[0].splitlines()[-1]), result[2])


def limn(options, precision):
    def run(runs):
        return measured([options.limn, "bench", options.folder + "/model.safetensors", "--size", str(SIZE),
                         "--precision", precision, "--threads", str(options.threads), "--runs", str(runs), "--json"],
                        options.threads)

    more = 4 * options.runs  # beside what reading the file takes, a run is little
    one, many = run(1), run(more + 1)
    if not one or not many:
        return None
    return {"wall": [json.loads(many[0])["median_ms"] / 1e3], "own": [(many[3] - one[3]) / more]}, many[2]


def compare(options):
    peers = {f"limn {how}": functools.partial(limn, options, how) for how in ("exact", "fast")}
    peers["torch"] = functools.partial(in_its_process, options, "torch")
    peers["onnxruntime"] = functools.partial(in_its_process, options, "onnx")
    found = {name: ({"wall": [], "own": []}, 0) for name in peers}
    for _ in range(options.rounds):
        for name, run in peers.items():
            result = found[name] and run()
            if result:
                for what, seconds in result[0].items():
                    found[name][0][what].extend(seconds)
            found[name] = result and (found[name][0], max(found[name][1], result[1]))
    print(f"\n{options.network}, {SIZE}x{SIZE}, {GMACS[options.network]} GMAC, threads {options.threads}, "
          f"{options.rounds} x {options.runs} runs\n\n"
          "| | processor s | x exact | GMAC/s | clock s | x exact | peak MB |\n|---|---:|---:|---:|---:|---:|---:|")
    ours = {what: statistics.median(found["limn exact"][0][what]) for what in ("own", "wall")}
    for name, result in found.items():
        if not result:
            print(f"| {name} | failed |")
            continue
        own, wall = (statistics.median(result[0][what]) for what in ("own", "wall"))
        print(f"| {name} | {own:.3f} | {own / ours['own']:.2f} | {GMACS[options.network] / own:.0f} | {wall:.3f} | "
              f"{wall / ours['wall']:.2f} | {result[1]:.0f} |", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--one", choices=["write", "torch", "onnx"], help="for itself: one side")
    arguments.add_argument("--folder", help="for itself: where the networks are")
    arguments.add_argument("--network", choices=list(GMACS), help="this one alone")
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--limn", default="build/limn")
    options = arguments.parse_args()
    os.chdir(ROOT)
    if options.one:
        found = {"write": write, "torch": one_torch, "onnx": one_onnx}[options.one](options)
        return found and print(json.dumps(found))
    print_machine()
    for options.network in [options.network] if options.network else GMACS:
        with tempfile.TemporaryDirectory() as options.folder:
            if in_its_process(options, "write"):
                compare(options)


if __name__ == "__main__":
    main()
