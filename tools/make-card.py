#!/usr/bin/env python3
"""Prints the card of a model that `limn train` made: one section of models/README.md.

    tools/make-card.py NAME RUN [RUN ...]

The runs in the order in which one started from the other, the last one being the model.
"""
import json
import pathlib
import sys

SHOWN = ("style", "data", "init", "loss", "scale", "batch-size", "crop-size", "width", "style-size",
         "style-weight", "content-layer", "tv-weight", "settle-after", "lr", "schedule", "warmup",
         "precision", "seed")


def read(run):
    config = json.loads((run / "config.json").read_text())
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return config, log


def command(config, steps):
    words = [f"--{name} {config[name]}" for name in SHOWN if config.get(name) not in (None, "")]
    return f"limn train {config['method']} --steps {steps} " + " ".join(words)


def main():
    name, *runs = sys.argv[1:]
    print(f"## {name}.safetensors\n")
    steps = seconds = 0
    for run in map(pathlib.Path, runs):
        config, log = read(run)
        steps += len(log)
        seconds += sum(line["seconds"] for line in log)
        print(f"    {command(config, log[-1]['step'])}")
    last = log[-50:]
    terms = [key for key in log[-1] if key not in ("step", "seconds", "waited")]
    means = ", ".join(f"{term} {sum(line[term] for line in last) / len(last):.4g}" for term in terms)
    print(f"\n* {steps} steps, {seconds / 60:.0f} minutes on two cores that were also used otherwise")
    print(f"* Mean terms of the last {len(last)} steps, without their weights: {means}\n")


if __name__ == "__main__":
    main()
