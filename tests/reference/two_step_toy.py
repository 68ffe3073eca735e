"""Two-step translation from data to judgement: coloured squares that must change colour and stay in place.

    .venv-peers/bin/python tests/reference/two_step_toy.py build/limn SCRATCH [STEPS ENCODER_STEPS]

Acceptance check 10 of /shared/spec/two-step.md. Draws 16 x 16 pictures of one filled square, red, blue or
green, of random place and size; trains one model for all three; translates 50 pictures of each colour,
never trained on, to each other. The colour must be right in at least 90 % of them, and the centre of the
square move by less than 2 pixels on average, in every direction. Some minutes; run by hand.
"""
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"blue": (30, 30, 220), "green": (30, 200, 30), "red": (220, 30, 30)}


def draw(folder, count):
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            size = random.randint(4, 8)
            x, y = random.randint(0, 16 - size), random.randint(0, 16 - size)
            picture = Image.new("RGB", (16, 16), (255, 255, 255))
            picture.paste(colour, (x, y, x + size, y + size))
            picture.save(folder / name / f"{i:03}.png")


def look(path):
    """The colour whose paint covers most, and the centre of what is painted."""
    missing = 255 - np.asarray(Image.open(path).convert("RGB"), dtype=float)
    paint = missing.max(2)
    weights = np.where(paint > 100, paint, 0)
    if weights.sum() == 0:
        return None, np.zeros(2)
    mean = (missing * weights[..., None]).sum((0, 1)) / weights.sum()
    name = min(COLOURS, key=lambda colour: np.abs(255 - np.array(COLOURS[colour]) - mean).sum())
    rows, columns = np.mgrid[:16, :16]
    return name, np.array([(rows * weights).sum(), (columns * weights).sum()]) / weights.sum()


def judge(scratch, source):
    good = True
    for target in COLOURS:
        right, moved = 0, []
        originals = sorted((scratch / "data/test" / source).iterdir())
        for path in originals:
            colour, centre = look(scratch / "out" / source / target / path.name)
            right += colour == target
            moved.append(np.linalg.norm(centre - look(path)[1]))
        fine = right >= 0.9 * len(originals) and np.mean(moved) < 2
        good &= fine
        print(f"{source} to {target}: colour right in {right} of {len(originals)}, centre moved by "
              f"{np.mean(moved):.2f} pixels{'' if fine else '  FAILED'}")
    return good


def main():
    limn, scratch = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    steps, encoder_steps = (sys.argv[3:] + ["1500", "1500"][len(sys.argv[3:]):])[:2]
    shutil.rmtree(scratch, ignore_errors=True)
    random.seed(1)
    draw(scratch / "data/train", 400)
    draw(scratch / "data/test", 50)
    subprocess.run([limn, "train", "two-step", "--data", scratch / "data", "-o", scratch / "run",
                    "--image-size", "16", "--width", "16", "--latent-size", "16", "--steps", steps,
                    "--encoder-steps", encoder_steps], check=True)
    good = True
    for name in COLOURS:
        subprocess.run([limn, "translate", "-q", scratch / "data/test" / name, "--to", "all", "-m",
                        scratch / "run/model.safetensors", "-o", scratch / "out" / name], check=True)
        good &= judge(scratch, name)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
