"""Training by spatial profiles by PyTorch: the twin of src/kinds/resnet.c (form spl), makeup.c and srresnet.c, and of
src/methods/paired.c, makeup.c and upscale.c.

    .venv-peers/bin/python tests/reference/paired_step.py > tests/reference/paired_step_expected.h

Ten iterations in float64, width 4, two samples in each batch: of `train paired` by L1, by GP + CP and by GP + CP + 10
L1, with instance and with batch norms; of `train makeup` by GP + CP, with both skips; of `train upscale --network
srresnet` by GP + CP, which settles after five. tests/test_paired_step.c makes the same numbers and compares every
term. PyTorch has no convolution that pads as TensorFlow's SAME does: padding is by hand here.

Pictures are those of ../shared/spec/metrics.md, section 0, 32 x 32. Of pair p the smooth one is given (B where p is
1), the hash is the truth. Faces are the hashes, each the other's reference: the landmarks of the one are 68 points of a
spiral, those of the other their mirror image. Pictures of enlarging are mirrored in their middle, so that
no coin matters: the small one is smooth, 8 x 8, the large one a hash.

Parameters have limn's names and shapes; element i of the weight, bias or slope with number p is

    base + amplitude * (2 u - 1),   u = the fraction of 43758.5453 * sin(12.9898 * (i + 1) + 78.233 * p)

with p the place of its name among all of these, sorted by bytes, base and amplitude: scales of norms 1 and 0.3, biases
and slopes 0 and 0.1, others 0 and sqrt(6 * first size / elements). Adam: betas 0.9 and 0.999, eps 1e-8.
"""
import math

import torch
from torch.nn import functional as F

SIDE, WIDTH, BLOCKS, ITERATIONS, RATE = 32, 4, 9, 10, 1e-5
SMALL, ENLARGING_BLOCKS, SETTLED_AFTER = 8, 16, 5
FLOOR = 1e-4  # of a profile's length


# ---- numbers by formula ----

def shapes(channels):
    w, table = WIDTH, {}

    def layer(name, norm, shape, out):
        table[name + ".weight"], table[name + ".bias"] = shape, (out,)
        if norm:
            table[norm + ".weight"] = table[norm + ".bias"] = (out,)

    layer("c1", "c1.norm", (w, channels, 7, 7), w)
    layer("c2", "c2.norm", (2 * w, w, 3, 3), 2 * w)
    layer("c3", "c3.norm", (4 * w, 2 * w, 3, 3), 4 * w)
    for i in range(1, BLOCKS + 1):
        for half in "12":
            layer(f"r{i}.conv{half}", f"r{i}.norm{half}", (4 * w, 4 * w, 3, 3), 4 * w)
    layer("c4", "c4.norm", (4 * w, 2 * w, 3, 3), 2 * w)
    layer("c5", "c5.norm", (2 * w, w, 3, 3), w)
    layer("c6", None, (3, w, 7, 7), 3)
    return table


def shapes_of_enlarging():
    w, table = WIDTH, {}

    def layer(name, shape, slopes=True):
        table[name + ".weight"], table[name + ".bias"] = shape, (shape[0],)
        if slopes:
            table[name + ".slope"] = (w,)

    def normed(conv, norm):
        table[conv + ".weight"], table[norm + ".bias"] = (w, w, 3, 3), (w,)

    layer("conv1", (w, 3, 9, 9))
    for i in range(1, ENLARGING_BLOCKS + 1):
        for half in "12":
            normed(f"block{i}.conv{half}", f"block{i}.norm{half}")
        table[f"block{i}.conv1.slope"] = (w,)
    normed("conv2", "norm2")
    layer("up1", (4 * w, w, 3, 3))
    layer("up2", (4 * w, w, 3, 3))
    layer("conv3", (3, w, 9, 9), slopes=False)
    return table


def by_formula(shape, number, base, amplitude):
    count = math.prod(shape)
    u = [43758.5453 * math.sin(12.9898 * (i + 1) + 78.233 * number) for i in range(count)]
    values = [base + amplitude * (2 * (x - math.floor(x)) - 1) for x in u]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


def parameters(table):
    made = {}
    for number, name in enumerate(sorted(table)):
        shape = table[name]
        if name.endswith((".bias", ".slope")):
            base, amplitude = 0, 0.1
        elif len(shape) == 1:
            base, amplitude = 1, 0.3
        else:
            base, amplitude = 0, math.sqrt(6 * shape[0] / math.prod(shape))
        made[name] = by_formula(shape, number, base, amplitude).requires_grad_()
    return made


def clamp(value):
    return min(max(value, 0), 255)


def picture(smooth, changed, side, mirrored):
    def at(c, y, x):
        h = (37 * y + 59 * x + 101 * c + 7 * x * y) % 256
        t = (3 * x + 5 * y + 40 * c) % 510
        s = min(t, 510 - t)
        if smooth:
            return clamp(s + (11 * x + 17 * y + 5 * c) % 31 - 15 if changed else s)
        return clamp(h + (13 * y + 29 * x + 17 * c) % 41 - 20 if changed else h)

    def across(x):
        return min(x, side - 1 - x) if mirrored else x
    return [[[at(c, y, across(x)) for x in range(side)] for y in range(side)] for c in range(3)]


def pictures(smooth, side=SIDE, mirrored=False):
    return torch.tensor([picture(smooth, p, side, mirrored) for p in (0, 1)], dtype=torch.float64)


# ---- faces ----

def landmarks():
    """In the frame that goes with them: 1.15 times the longer side of their box, whose middle lies 5 % lower."""
    points = [(math.sqrt((i + 0.5) / 68) * math.cos(2.4 * i), math.sqrt((i + 0.5) / 68) * math.sin(2.4 * i))
              for i in range(68)]
    low, high = ([pick(p[axis] for p in points) for axis in (0, 1)] for pick in (min, max))
    side = 1.15 * max(high[0] - low[0], high[1] - low[1])
    corner = [(low[0] + high[0]) / 2 - side / 2, (low[1] + high[1]) / 2 - 0.55 * side]
    return [tuple((p[axis] - corner[axis]) * SIDE / side for axis in (0, 1)) for p in points]


def hull(points):
    """Whether the middle of each pixel lies within: left of every edge, an edge having no point on its right."""
    def left_of(a, b, p):
        return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])

    edges = [(a, b) for a in points for b in points if a != b and all(left_of(a, b, p) >= 0 for p in points)]
    return torch.tensor([[all(left_of(a, b, (x + 0.5, y + 0.5)) >= 0 for a, b in edges) for x in range(SIDE)]
                         for y in range(SIDE)])


def faces_and_references():
    """Landmarks are each other's mirror image, so a reference is the other picture in the mirror, within the hull."""
    points = landmarks()
    inside = torch.stack([hull(points), hull([(SIDE - x, y) for x, y in points])])[:, None]
    faces = pictures(False)
    return faces, torch.where(inside, faces.flip(0, 3), faces)


# ---- the networks ----

def norm(p, x, name, batch):
    axes = (0, 2, 3) if batch else (2, 3)
    mean = x.mean(axes, keepdim=True)
    var = ((x - mean) ** 2).mean(axes, keepdim=True)
    scale, shift = (p[name + end].reshape(1, -1, 1, 1) for end in (".weight", ".bias"))
    return (x - mean) / torch.sqrt(var + 1e-5) * scale + shift


def conv(p, x, name, **how):
    return F.conv2d(x, p[name + ".weight"], p[name + ".bias"], **how)


def reflected(p, x, name, pad):
    return conv(p, F.pad(x, (pad,) * 4, mode="reflect"), name)


def halved(p, x, name):
    return conv(p, F.pad(x, (0, 1, 0, 1)), name, stride=2)


def doubled(p, x, name):
    y = F.conv_transpose2d(x, p[name + ".weight"], p[name + ".bias"], stride=2)
    return y[:, :, :-1, :-1]


def generator(p, x, batch=False, r=None, skip=None):
    x = x / 127.5 - 1
    if r is not None:
        r = r / 127.5 - 1
        x = torch.cat([x, r], 1)
    x = F.relu(norm(p, reflected(p, x, "c1", 3), "c1.norm", batch))
    for name in ("c2", "c3"):
        x = F.relu(norm(p, halved(p, x, name), name + ".norm", batch))
    for i in range(1, BLOCKS + 1):
        y = F.relu(norm(p, reflected(p, x, f"r{i}.conv1", 1), f"r{i}.norm1", batch))
        x = F.relu(norm(p, reflected(p, y, f"r{i}.conv2", 1), f"r{i}.norm2", batch) + x)
    for name in ("c4", "c5"):
        x = F.relu(norm(p, doubled(p, x, name), name + ".norm", False))
    x = conv(p, x, "c6", padding=3)
    if skip:
        x = x + (r if skip == "tanh" else torch.atanh(0.99 * r))
    return (torch.tanh(x) + 1) / 2


def running_norm(p, kept, x, name, settled):
    """A batch norm without a scale that keeps biased statistics, and takes them once it has settled."""
    mean = x.mean((0, 2, 3))
    now = mean, ((x - mean.reshape(1, -1, 1, 1)) ** 2).mean((0, 2, 3))
    before = kept.get(name, (torch.zeros_like(now[0]), torch.ones_like(now[1])))
    if not settled:
        kept[name] = [0.9 * old + 0.1 * new.detach() for old, new in zip(before, now)]
    mean, var = (t.reshape(1, -1, 1, 1) for t in (before if settled else now))
    return (x - mean) / torch.sqrt(var + 1e-3) + p[name + ".bias"].reshape(1, -1, 1, 1)


def enlarged(p, kept, x, settled):
    def bare(x, conv, norm):
        return running_norm(p, kept, F.conv2d(x, p[conv + ".weight"], padding=1), norm, settled)

    def prelu(x, name):
        return F.prelu(x, p[name + ".slope"])

    f = x = prelu(conv(p, x / 127.5 - 1, "conv1", padding=4), "conv1")
    for i in range(1, ENLARGING_BLOCKS + 1):
        y = prelu(bare(x, f"block{i}.conv1", f"block{i}.norm1"), f"block{i}.conv1")
        x = bare(y, f"block{i}.conv2", f"block{i}.norm2") + x
    x = bare(x, "conv2", "norm2") + f
    for name in ("up1", "up2"):
        x = prelu(F.pixel_shuffle(conv(p, x, name, padding=1), 2), name)
    return (torch.tanh(conv(p, x, "conv3", padding=4)) + 1) / 2


# ---- losses ----

def cosines(x, y, axis):
    xx, yy, xy = (x * x).sum(axis), (y * y).sum(axis), (x * y).sum(axis)
    counts = (xx >= FLOOR ** 2) & (yy >= FLOOR ** 2)
    length = torch.sqrt(xx.clamp_min(FLOOR ** 2)) * torch.sqrt(yy.clamp_min(FLOOR ** 2))
    return torch.where(counts, xy / length, torch.zeros_like(xy))


def similarity(x, y):
    return sum(cosines(x, y, axis).mean(2).sum(1).mean() for axis in (3, 2))


def differences(x):
    return x[..., :-1] - x[..., 1:], x[..., :-1, :] - x[..., 1:, :]


def yuv(x):
    r, g, b = x[:, :1], x[:, 1:2], x[:, 2:]
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return torch.cat([y, 0.493 * (b - y), 0.877 * (r - y)], 1)


def of_differences(x, y):
    return sum(similarity(a, b) for a, b in zip(differences(x), differences(y)))


def gaps(x, shape, colour):
    """What is missing of each part's reach, of GP against the one picture and of CP against the other."""
    parts = [(of_differences, x, shape), (similarity, x, colour), (similarity, yuv(x), yuv(colour)),
             (of_differences, yuv(x), yuv(colour))]
    return [s(b, b).detach() - s(a, b) for s, a, b in parts]


# ---- training ----

def train(p, terms_of):
    """A row of terms for each iteration; terms_of(iteration) gives them, each with its weight."""
    adam = torch.optim.Adam(p.values(), lr=RATE, betas=(0.9, 0.999), eps=1e-8)
    rows = []
    for i in range(ITERATIONS):
        terms = terms_of(i)
        adam.zero_grad()
        sum(weight * term for weight, term in terms).backward()
        adam.step()
        rows.append([float(term.detach()) for _, term in terms])
    return rows


def with_l1(weight, terms, y, truth):
    return [(1, term) for term in terms] + [(weight, (y - truth).abs().mean())]


def train_paired(profile, l1_weight, batch):
    p, given, truth = parameters(shapes(3)), pictures(True), pictures(False) / 255

    def terms_of(_):
        y = generator(p, given, batch)
        return with_l1(l1_weight, gaps(y, truth, truth) if profile else [], y, truth)
    return train(p, terms_of)


def train_makeup(skip):
    p, (a, r) = parameters(shapes(6)), faces_and_references()

    def terms_of(_):
        y = generator(p, a, r=r, skip=skip)
        return with_l1(0, gaps(y, a / 255, r / 255), y, r / 255)
    return train(p, terms_of)


def train_enlarging():
    p, kept = parameters(shapes_of_enlarging()), {}
    small, truth = pictures(True, SMALL, mirrored=True), pictures(False, mirrored=True) / 255

    def terms_of(i):
        y = enlarged(p, kept, small, i >= SETTLED_AFTER)
        pixel = ((y - truth) ** 2).mean() * 255 ** 2
        return [(0, pixel)] + with_l1(0, gaps(y, truth, truth), y, truth)
    return train(p, terms_of)


def print_rows(name, rows):
    print(f"static const double expected_{name}[{ITERATIONS}][{len(rows[0])}] = {{")
    for row in rows:
        print("    {" + ", ".join(f"{value:.12g}" for value in row) + "},")
    print("};")


def main():
    torch.set_num_threads(1)
    print("// Made by tests/reference/paired_step.py: do not change by hand.")
    print(f"enum {{ EXPECTED_ITERATIONS = {ITERATIONS} }};")
    print(f"static const double expected_rate = {RATE};")
    for profile, weight, name in ((False, 1, "l1"), (True, 0, "profile"), (True, 10, "profile_l1")):
        for batch in (False, True):
            print_rows(f"{name}_{'batch' if batch else 'instance'}", train_paired(profile, weight, batch))
    for skip in ("atanh", "tanh"):
        print_rows(f"makeup_{skip}", train_makeup(skip))
    print_rows("enlarging", train_enlarging())


main()
