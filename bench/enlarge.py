#!/usr/bin/env python3
"""Measures x4 enlargement on a folder of pictures, with bicubic beside the models named.

    bench/enlarge.py ../shared/data/set5 MODEL ... [--limn build/limn] [--blur]
                     [--vgg models/vgg19.safetensors]

Each picture is cut to a multiple of four, made small by antialiased bicubic reduction (--blur: after
a Gaussian of sigma 1, the protocol of Johnson 2016), enlarged by `limn upscale`, and compared with
the truth by `limn measure` on luma with a border of four. The distance of VGG-19 features at relu2_2
(mean square, as in training) is measured with PyTorch where --vgg names the weights.

Needs Pillow and numpy, for --vgg torch (.venv-peers has them)."""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image, ImageFilter


def prepare(folder, truth, small, blur):
    for path in sorted(folder.glob("*.png")):
        picture = Image.open(path).convert("RGB")
        width, height = picture.width // 4 * 4, picture.height // 4 * 4
        picture = picture.crop((0, 0, width, height))
        picture.save(truth / path.name)
        if blur:
            picture = picture.filter(ImageFilter.GaussianBlur(1))
        picture.resize((width // 4, height // 4), Image.BICUBIC).save(small / path.name)


def enlarge_bicubic(small, to):
    for path in sorted(small.glob("*.png")):
        picture = Image.open(path)
        size = (picture.width * 4, picture.height * 4)
        picture.resize(size, Image.BICUBIC).save(to / path.name)


def measure(limn, metric, result, truth):
    command = [limn, "measure", metric, result, truth, "--channels", "y", "--shave", "4", "--json"]
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--limn", default="build/limn")
    parser.add_argument("--vgg")
    parser.add_argument("--blur", action="store_true")
    options = parser.parse_args()
    features = features_of(options.vgg) if options.vgg else None
    print("| enlarged by | PSNR, dB | SSIM | relu2_2 |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        truth, small = place / "truth", place / "small"
        truth.mkdir(), small.mkdir()
        prepare(options.folder, truth, small, options.blur)
        for number, model in enumerate(["bicubic", *options.models]):
            result = place / str(number)
            result.mkdir()
            if model == "bicubic":
                enlarge_bicubic(small, result)
            else:
                subprocess.run([options.limn, "upscale", small, "-m", model, "-o", result, "-q"],
                               check=True)
            psnr = measure(options.limn, "psnr", result, truth)
            ssim = measure(options.limn, "ssim", result, truth)
            far = [float(((features(result / p.name) - features(p)) ** 2).mean())
                   for p in sorted(truth.glob("*.png"))] if features else []
            distance = f"{sum(far) / len(far):.0f}" if far else "-"
            print(f"| {pathlib.Path(model).stem} | {psnr:.2f} | {ssim:.4f} | {distance} |", flush=True)


if __name__ == "__main__":
    main()
