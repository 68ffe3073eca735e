"""What PyTorch makes of photographs with the style networks of pytorch/examples.

    .venv-peers/bin/python tests/reference/stylize.py OUTPUT [--shared ../shared] [--double]

writes, for every network and picture, OUTPUT/PICTURE.png (the input, 8 bit) and
OUTPUT/NETWORK--PICTURE.npy (the output, float32 [height][width][3], 0..255 and beyond, cropped to the
size of the input). tests/reference/compare.py holds limn against them. --double computes in float64.
"""
import argparse
import pathlib
import sys

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from peers_network import read_weights, torch_network  # noqa: E402

# name, source under shared/data, part of it that is used: left, top, width, height.
PICTURES = [
    ("hoover-512x400", "content/content_hoovertowernight.jpg", (100, 0, 512, 400)),
    ("astronaut-512x512", "free_photos/astronaut.jpg", (0, 0, 512, 512)),
    ("boats-481x321", "photos/test/134067.jpg", (0, 0, 481, 321)),
    ("chelsea-250x189", "free_photos/chelsea.jpg", (97, 40, 250, 189)),
    ("coffee-321x481", "free_photos/coffee.jpg", None),
    ("rocket-97x33", "free_photos/rocket.jpg", (270, 200, 97, 33)),
    ("rocket-33x98", "free_photos/rocket.jpg", (300, 100, 33, 98)),
    ("coffee-64x63", "free_photos/coffee.jpg", (200, 150, 64, 63)),
    ("chelsea-17x6", "free_photos/chelsea.jpg", (150, 100, 17, 6)),
    ("chelsea-5x5", "free_photos/chelsea.jpg", (150, 100, 5, 5)),
]
FULL = ["candy", "mosaic", "rain_princess", "udnie"]
NARROW = ["candy_nc16", "udnie_nc16", "mosaic_nc8"]


def picture(data, source, part):
    image = Image.open(data / source).convert("RGB")
    image.info.clear()  # no colour profile: limn would convert to sRGB, PyTorch takes what is there
    if part is None:  # another shape altogether
        return image.resize((321, 481), Image.BICUBIC)
    left, top, width, height = part
    return image.crop((left, top, left + width, top + height))


def networks(weights):
    for name in FULL:
        yield name, weights / "styles" / f"{name}.fp16.safetensors"
    for name in NARROW:
        yield name, next((weights / "styles_narrow").glob(f"{name}_*.model"))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("output", type=pathlib.Path)
    arguments.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    arguments.add_argument("--double", action="store_true")
    options = arguments.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    kind = torch.float64 if options.double else torch.float32
    for name, source, part in PICTURES:
        picture(options.shared / "data", source, part).save(options.output / f"{name}.png")
    with open(options.output / "networks.txt", "w") as names:
        for network, path in networks(options.shared / "weights"):
            names.write(f"{network} {path.resolve()}\n")
            module = torch_network(read_weights(path)).to(kind)
            for name, _, _ in PICTURES:
                pixels = np.asarray(Image.open(options.output / f"{name}.png"), np.float32)
                x = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(kind)
                with torch.no_grad():
                    y = module(x)[0].permute(1, 2, 0)
                height, width, _ = pixels.shape
                result = y[:height, :width].float().numpy()
                np.save(options.output / f"{network}--{name}.npy", result)
            print(network, "done", flush=True)


if __name__ == "__main__":
    main()
