#!/usr/bin/env python3
"""Measures makeup on pairs of faces, beside what anyone could do.

    bench/makeup.py ../shared/data/makeup [MODEL] [--limn build/limn] [--parts lips,...] [--sheet OUT.png]

Every picture of no_makeup/ is given the make-up of every one of makeup/ (48 pairs): by the model, and
by three baselines, in the frame of the face at 256x256: the source as it is, the reference warped onto
it (composite), and Reinhard's transfer: in lips, eyes and skin the mean and deviation of Y, U and V of
the reference. The last two are laid on with the soft edges that limn has.

colour: the distance of the mean Y, U, V of a part to that of the warped reference, as a share of the
source's distance (0: reached, 1: untouched). gp: the gradient profile against the source, as a share of
its reach (1: the source's own shapes). Means over all pairs. Without a MODEL the baselines alone.

Landmarks come from `limn makeup --dry-run --json`. Needs Pillow and numpy."""
import argparse
import itertools
import json
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image, ImageDraw, ImageFilter

SIDE = 256
PARTS = ["lips", "eyes", "skin"]
LIPS, MOUTH = list(range(48, 60)), list(range(60, 68))
LIDS = [[17, 18, 19, 20, 21, 39, 40, 41, 36], [22, 23, 24, 25, 26, 45, 46, 47, 42]]
OPENINGS = [list(range(36, 42)), list(range(42, 48))]
YUV = numpy.array([[0.299, 0.587, 0.114], [-0.147407, -0.289391, 0.436798], [0.614777, -0.514799, -0.099978]])


# ---- faces ----

def landmarks_of(limn, path):
    command = [limn, "makeup", path, "--like", path, "--dry-run", "--json", "-o", "unused.png"]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return numpy.array(said["face"])


def frame_of(points):
    low, high = points.min(0), points.max(0)
    side = 1.15 * (high - low).max()
    return (low + high) / 2 - [side / 2, 0.55 * side], side


def cut(picture, frame):
    """The frame at SIDE, its edge repeated outside of the picture."""
    (left, top), side = frame
    margin = int(side)
    wide = Image.fromarray(numpy.pad(numpy.array(picture), [(margin, margin), (margin, margin), (0, 0)], "edge"))
    box = (left + margin, top + margin, left + margin + side, top + margin + side)
    return numpy.array(wide.resize((SIDE, SIDE), Image.BICUBIC, box=box), float)


def turn(a, b, c):
    return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])


def triangles(points):
    """Delaunay: those whose circle holds no other point."""
    all_three = numpy.array(list(itertools.combinations(range(len(points)), 3)))
    a, b, c = (points[all_three[:, i]] for i in range(3))
    area = turn(a, b, c)
    keep = numpy.abs(area) > 1e-6
    for d in points:
        u, v, w = a - d, b - d, c - d
        depth = ((u ** 2).sum(1) * (v[:, 0] * w[:, 1] - w[:, 0] * v[:, 1]) -
                 (v ** 2).sum(1) * (u[:, 0] * w[:, 1] - w[:, 0] * u[:, 1]) +
                 (w ** 2).sum(1) * (u[:, 0] * v[:, 1] - v[:, 0] * u[:, 1]))
        with numpy.errstate(divide="ignore", invalid="ignore"):
            keep &= ~(depth / area > 1e-6 * SIDE ** 2)
    return all_three[keep]


def warp(face, points, mesh, reference, others):
    out, done = face.copy(), numpy.zeros((SIDE, SIDE), bool)
    centres = numpy.stack(numpy.meshgrid(numpy.arange(SIDE) + 0.5, numpy.arange(SIDE) + 0.5), -1)
    for corners in mesh:
        a, b, c = points[corners]
        area = turn(a, b, c)
        p, q = turn(centres, b, c) / area, turn(a, centres, c) / area
        inside = (p >= -1e-9) & (q >= -1e-9) & (1 - p - q >= -1e-9) & ~done
        weights = numpy.stack([p, q, 1 - p - q], -1)[inside]
        at = numpy.clip(weights @ others[corners] - 0.5, 0, SIDE - 1)
        low = numpy.minimum(at.astype(int), SIDE - 2)
        u, v = (at - low).T[..., None]
        x, y = low.T
        out[inside] = ((1 - v) * ((1 - u) * reference[y, x] + u * reference[y, x + 1]) +
                       v * ((1 - u) * reference[y + 1, x] + u * reference[y + 1, x + 1]))
        done |= inside
    return out, done


def fill(mask, points, corners, value):
    ImageDraw.Draw(mask).polygon([tuple(points[i] - 0.5) for i in corners], fill=value)


def masks_of(points, hull):
    labels = Image.fromarray(numpy.where(hull, 3, 0).astype("uint8"))
    for lid in LIDS:
        fill(labels, points, lid, 2)
    for opening in OPENINGS:
        fill(labels, points, opening, 0)
    fill(labels, points, LIPS, 1)
    gap = numpy.linalg.norm(points[62] - points[66]) >= 0.35 * numpy.linalg.norm(points[51] - points[57])
    if gap:
        fill(labels, points, MOUTH, 0)
    labels = numpy.array(labels)
    return [labels == i + 1 for i in range(3)]


def soften(masks):
    """limn's soft edges: the skin shrunk first, so that it is 0 at the edge of the face."""
    soft = []
    for mask, deviation, shrunk in zip(masks, (0.01, 0.01, 0.015), (0, 0, 0.03)):
        image = Image.fromarray((255 * mask).astype("uint8"))
        if shrunk:
            image = image.filter(ImageFilter.MinFilter(2 * round(shrunk * SIDE) + 1))
        soft.append(numpy.array(image.filter(ImageFilter.GaussianBlur(deviation * SIDE)), float)[..., None] / 255)
    return soft


def reinhard(face, reference, masks):
    """Each part's mean and deviation of Y, U, V become the reference's."""
    of_face, of_reference, made = face @ YUV.T, reference @ YUV.T, face.copy()
    for mask, weight in zip(masks, soften(masks)):
        if not mask.any():
            continue
        a, b = of_face[mask], of_reference[mask]
        moved = (of_face - a.mean(0)) * (b.std(0) / (a.std(0) + 1e-6)) + b.mean(0)
        made += weight * (moved @ numpy.linalg.inv(YUV).T - face)
    return made.clip(0, 255)


# ---- measures ----

def similarity(x, y):
    """S of the differences along an axis, and of y with itself: [columns, rows] of each channel."""
    def cosines(axis):
        xx, yy, xy = (x * x).sum(axis), (y * y).sum(axis), (x * y).sum(axis)
        counts = (xx >= 1e-8) & (yy >= 1e-8)
        found = numpy.where(counts, xy / numpy.sqrt(numpy.where(counts, xx * yy, 1)), 0)
        return found.mean(0).sum(), (yy >= 1e-8).mean(0).sum()
    rows, columns = cosines(1), cosines(0)
    return rows[0] + columns[0], rows[1] + columns[1]


def gp_share(result, source):
    parts = [similarity(numpy.diff(result / 255, axis=i), numpy.diff(source / 255, axis=i)) for i in (0, 1)]
    return sum(p[0] for p in parts) / sum(p[1] for p in parts)


def colour_share(result, source, reference, mask):
    mean = [(picture @ YUV.T)[mask].mean(0) for picture in (result, source, reference)]
    return numpy.linalg.norm(mean[0] - mean[2]) / max(numpy.linalg.norm(mean[1] - mean[2]), 1e-6)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--limn", default="build/limn")
    parser.add_argument("--parts", help="what limn makes up, where it is not what it does by itself")
    parser.add_argument("--sheet", help="source, reference, composite, Reinhard, the model's, of all pairs")
    given = parser.parse_args()
    pictures = {path: Image.open(path).convert("RGB") for path in sorted(given.folder.glob("*makeup/*.png"))}
    points = {path: landmarks_of(given.limn, path) for path in pictures}
    frames = {path: frame_of(points[path]) for path in pictures}
    inside = {path: (points[path] - frames[path][0]) / frames[path][1] * SIDE for path in pictures}
    cuts = {path: cut(pictures[path], frames[path]) for path in pictures}
    meshes = {path: triangles(inside[path]) for path in pictures}
    bare = [path for path in pictures if path.parent.name == "no_makeup"]
    stars = [path for path in pictures if path.parent.name == "makeup"]
    rows, cells = {}, []
    for source, star in itertools.product(bare, stars):
        face = cuts[source]
        reference, hull = warp(face, inside[source], meshes[source], cuts[star], inside[star])
        masks = masks_of(inside[source], hull)
        weight = numpy.max(soften(masks), axis=0)
        made = {"source": face,
                "composite": face + weight * (reference - face),
                "Reinhard": reinhard(face, reference, masks)}
        if given.model:
            with tempfile.TemporaryDirectory() as folder:
                out = pathlib.Path(folder) / "out.png"
                parts = ["--parts", given.parts] if given.parts else []
                subprocess.run([given.limn, "makeup", source, "--like", star, "-m", given.model, "-o", out,
                                "--quiet", *parts], check=True)
                made["limn"] = cut(Image.open(out).convert("RGB"), frames[source])
        for name, picture in made.items():
            shares = [colour_share(picture, face, reference, mask) for mask in masks]
            rows.setdefault(name, []).append([*shares, gp_share(picture, face)])
        cells.append(numpy.concatenate([face, cuts[star], *list(made.values())[1:]], 1))
    print(f"{'':12}" + "".join(f"{part:>8}" for part in PARTS) + f"{'gp':>8}   ({len(cells)} pairs)")
    for name, values in rows.items():
        print(f"{name:12}" + "".join(f"{value:8.3f}" for value in numpy.mean(values, 0)))
    if given.sheet:
        half = (len(cells) + 1) // 2
        columns = [numpy.concatenate(part, 0) for part in (cells[:half], cells[half:]) if part]
        Image.fromarray(numpy.concatenate(columns, 1).clip(0, 255).astype("uint8")).save(given.sheet)


if __name__ == "__main__":
    main()
