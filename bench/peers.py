"""Runs limn and its peers in turn and prints tables of medians, ratios and memory. See bench/peers."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

from peers_network import read_weights, write_onnx

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUN = str(ROOT / "bench/peers_run.py")
ONNX = ["onnxruntime", "openvino", "openvino-own"]
TORCH = ["torch", "torch-compile"]


def measured(command, threads):
    """Output, seconds, peak memory (MB) and processor seconds of a process; None where it failed."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        if status:
            err.seek(0)
            last = err.read().decode(errors="replace").strip().splitlines()[-1:]
            print(f"{' '.join(command)} failed: {' '.join(last)}", file=sys.stderr)
            return None
        out.seek(0)
        return out.read().decode(), seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def bench_commands(options, size, onnx):
    for precision in "exact", "fast":
        yield f"limn {precision}", [
            options.limn, "bench", options.weights, "--size", str(size), "--precision", precision,
            "--threads", str(options.threads), "--runs", str(options.runs), "--json"]
    for peer in ONNX + (TORCH if options.torch else []):
        network = onnx if peer in ONNX else options.weights
        yield peer, [sys.executable, RUN, "time", peer, network, str(size), str(options.runs),
                     str(options.threads)]


def network_table(options, size, onnx):
    median, memory = {}, {}
    for _ in range(options.rounds):
        for name, command in bench_commands(options, size, onnx):
            result = measured(command, options.threads)
            if result:
                median.setdefault(name, []).append(json.loads(result[0])["median_ms"])
                memory[name] = max(memory.get(name, 0), result[2])
    print(f"\nThe network, {size}x{size}, in process, {options.threads} threads, "
          f"median of {options.runs} runs, {options.rounds} rounds\n")
    print_table({name: statistics.median(values) for name, values in median.items()}, memory)


def print_table(median, memory):
    limn = [name for name in ("limn exact", "limn fast") if name in median]
    print("| | ms | peak MB |" + "".join(f" x {name} |" for name in limn))
    print("|---|---:|---:|" + "---:|" * len(limn))
    for name, ms in median.items():
        ratios = "".join(f" {ms / median[other]:.2f} |" for other in limn)
        print(f"| {name} | {ms:.1f} | {memory[name]:.0f} |{ratios}")
    sys.stdout.flush()


def picture_commands(options, source, folder, onnx):
    for precision in "exact", "fast":
        output = str(folder / f"limn-{precision}.jpg")
        yield f"limn {precision}", output, [
            options.limn, "stylize", "--model", options.weights, "--output", output, "--force",
            "--precision", precision, "--threads", str(options.threads), source]
    for peer in ["onnxruntime", "openvino"] + (["torch"] if options.torch else []):
        output = str(folder / f"{peer}.jpg")
        network = onnx if peer in ONNX else options.weights
        yield peer, output, [sys.executable, RUN, "picture", peer, network, source, output,
                             str(options.threads)]


def picture_table(options, folder, onnx):
    """The whole way from JPEG to JPEG, a process each; the pictures must be the same."""
    source = str(folder / "photo.jpg")
    photo = Image.open(options.photo).convert("RGB")
    photo.resize((512, 512), Image.BICUBIC).save(source, quality=95, subsampling=0)
    seconds, memory, pictures = {}, {}, {}
    for _ in range(1 if options.quick else 5):
        for name, output, command in picture_commands(options, source, folder, onnx):
            result = measured(command, options.threads)
            if result:
                seconds.setdefault(name, []).append(1e3 * result[1])
                memory[name] = max(memory.get(name, 0), result[2])
                pictures[name] = np.asarray(Image.open(output), np.float64)
    print("\nFrom JPEG to JPEG, 512x512, the whole process\n")
    print_table({name: statistics.median(values) for name, values in seconds.items()}, memory)
    print("\nThe same picture? Difference from limn exact after JPEG, in 255ths:")
    for name, pixels in pictures.items():
        if name != "limn exact" and "limn exact" in pictures:
            difference = np.abs(pixels - pictures["limn exact"])
            print(f"  {name}: mean {difference.mean():.3f}, largest {difference.max():.0f}")


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def print_machine():
    """Whether it is idle is what figures stand and fall with."""
    load = os.getloadavg()[0]
    print(f"{processor()}, load {load:.1f}{': NOT idle' if load > 0.5 else ''}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--torch", action="store_true")
    arguments.add_argument("--sizes", default="")
    arguments.add_argument("--rounds", type=int, default=0)
    arguments.add_argument("--runs", type=int, default=0)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--weights", default="../shared/weights/styles/candy.fp16.safetensors")
    arguments.add_argument("--limn", default="build/limn")
    arguments.add_argument("--photo", default="examples/chelsea.jpg")
    options = arguments.parse_args()
    os.chdir(ROOT)
    if not os.path.exists(options.weights):
        sys.exit(f"{options.weights} is not there: --weights FILE names a network of "
                 "pytorch/examples (safetensors, or a PyTorch state dict)")
    options.runs = options.runs or (3 if options.quick else 7)
    options.rounds = options.rounds or (1 if options.quick else 3)
    sizes = options.sizes or ("512" if options.quick else "512,1024")
    weights = read_weights(options.weights)
    print_machine()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for size in map(int, sizes.split(",")):
            onnx = str(folder / f"{size}.onnx")
            write_onnx(weights, size, size, onnx)
            network_table(options, size, onnx)
        onnx = str(folder / "512.onnx")
        write_onnx(weights, 512, 512, onnx)
        picture_table(options, folder, onnx)


if __name__ == "__main__":
    main()
