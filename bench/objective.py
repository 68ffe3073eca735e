"""One pass of a style network against iterations of L-BFGS (Johnson 2016, figure 5): the value of one
objective, content relu3_3 and style relu1_2 .. relu4_3 of VGG-19, on photographs it was not trained on.

    python3 bench/objective.py --model starry-night --style painting.jpg --data ../shared/data/photos/val

Prints a line a photograph and the medians. Needs nothing but Python and limn.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile


def objective(options, photo, *more):
    """[(iteration, value)] of limn paint, from seeded noise unless `more` says otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.limn, "paint", "--content", photo, "--style", options.style, "--size",
                   str(options.size), "--seed", "0", "--json", "-o", folder + "/out.png", *more]
        found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(found.stdout)["history"])


def one_pass(options, photo):
    with tempfile.TemporaryDirectory() as folder:
        painted = folder + "/painted.png"
        subprocess.run([options.limn, "stylize", photo, "-m", options.model, "--size",
                        str(options.size), "-o", painted, "--quiet"], check=True)
        return objective(options, photo, "--init", painted, "--iterations", "0")[0]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--limn", default="build/limn")
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--style", required=True)
    arguments.add_argument("--data", default="../shared/data/photos/val")
    arguments.add_argument("--photos", type=int, default=20)
    arguments.add_argument("--size", type=int, default=256)
    arguments.add_argument("--iterations", default="25,50,100,200,500")
    options = arguments.parse_args()
    marks = [int(mark) for mark in options.iterations.split(",")]
    rows = []
    for photo in sorted(map(str, pathlib.Path(options.data).glob("*.jpg")))[:options.photos]:
        history = objective(options, photo, "--iterations", str(max(marks)))
        rows.append([one_pass(options, photo)] + [history[mark] for mark in marks])
        print(pathlib.Path(photo).stem, *(f"{value:.0f}" for value in rows[-1]), flush=True)
    print("| | one pass | " + " | ".join(f"{mark} iterations" for mark in marks) + " |")
    print("|---|" + "---:|" * (len(marks) + 1))
    medians = [statistics.median(column) for column in zip(*rows)]
    print(f"| {pathlib.Path(options.style).stem}, median of {len(rows)} | "
          + " | ".join(f"{value / 1000:.0f} k" for value in medians) + " |")


if __name__ == "__main__":
    main()
