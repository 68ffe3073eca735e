"""Paired translation by PyTorch: the twin of src/kinds/resnet.c (form spl) and src/methods/paired.c.

    .venv-peers/bin/python tests/reference/paired_step.py > tests/reference/paired_step_expected.h

Ten iterations of `train paired` by L1, by GP + CP and by GP + CP + 10 L1, with instance and with batch norms, in
float64: width 4, both pairs of pictures in each batch; tests/test_paired.c makes the same numbers and compares every
term. PyTorch has no convolution that pads as TensorFlow's SAME does: padding is by hand here.

Pictures, 32 x 32: of pair p the smooth ones of ../shared/spec/metrics.md, section 0, are given (B where p is 1), the
hashes are the truth. Parameters have limn's names and shapes; element i of the weight or bias with number p is

    base + amplitude * (2 u - 1),   u = the fraction of 43758.5453 * sin(12.9898 * (i + 1) + 78.233 * p)

with p the place of its name among those of weights and biases, sorted by bytes, base and amplitude: scales of norms 1
and 0.3, biases 0 and 0.1, others 0 and sqrt(6 * first size / elements). Adam: betas 0.9 and 0.999, eps 1e-8.
"""
import math

import torch
from torch.nn import functional as F

SIDE, WIDTH, BLOCKS, ITERATIONS, RATE = 32, 4, 9, 10, 1e-5
FLOOR = 1e-4  # of a profile's length


# ---- numbers by formula ----

def shapes():
    w, table = WIDTH, {}

    def layer(name, norm, shape, out):
        table[name + ".weight"], table[name + ".bias"] = shape, (out,)
        if norm:
            table[norm + ".weight"] = table[norm + ".bias"] = (out,)

    layer("c1", "c1.norm", (w, 3, 7, 7), w)
    layer("c2", "c2.norm", (2 * w, w, 3, 3), 2 * w)
    layer("c3", "c3.norm", (4 * w, 2 * w, 3, 3), 4 * w)
    for i in range(1, BLOCKS + 1):
        for half in "12":
            layer(f"r{i}.conv{half}", f"r{i}.norm{half}", (4 * w, 4 * w, 3, 3), 4 * w)
    layer("c4", "c4.norm", (4 * w, 2 * w, 3, 3), 2 * w)
    layer("c5", "c5.norm", (2 * w, w, 3, 3), w)
    layer("c6", None, (3, w, 7, 7), 3)
    return table


def by_formula(shape, number, base, amplitude):
    count = math.prod(shape)
    u = [43758.5453 * math.sin(12.9898 * (i + 1) + 78.233 * number) for i in range(count)]
    values = [base + amplitude * (2 * (x - math.floor(x)) - 1) for x in u]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


def parameters():
    made, table = {}, shapes()
    for number, name in enumerate(sorted(table)):
        shape = table[name]
        if name.endswith(".bias"):
            base, amplitude = 0, 0.1
        elif len(shape) == 1:
            base, amplitude = 1, 0.3
        else:
            base, amplitude = 0, math.sqrt(6 * shape[0] / math.prod(shape))
        made[name] = by_formula(shape, number, base, amplitude).requires_grad_()
    return made


def clamp(value):
    return min(max(value, 0), 255)


def picture(smooth, changed):
    def at(c, y, x):
        h = (37 * y + 59 * x + 101 * c + 7 * x * y) % 256
        t = (3 * x + 5 * y + 40 * c) % 510
        s = min(t, 510 - t)
        if smooth:
            return clamp(s + (11 * x + 17 * y + 5 * c) % 31 - 15 if changed else s)
        return clamp(h + (13 * y + 29 * x + 17 * c) % 41 - 20 if changed else h)
    return [[[at(c, y, x) for x in range(SIDE)] for y in range(SIDE)] for c in range(3)]


def pictures(smooth):
    return torch.tensor([picture(smooth, p) for p in (0, 1)], dtype=torch.float64)


# ---- the network ----

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


def generator(p, x, batch):
    x = x / 127.5 - 1
    x = F.relu(norm(p, reflected(p, x, "c1", 3), "c1.norm", batch))
    for name in ("c2", "c3"):
        x = F.relu(norm(p, halved(p, x, name), name + ".norm", batch))
    for i in range(1, BLOCKS + 1):
        y = F.relu(norm(p, reflected(p, x, f"r{i}.conv1", 1), f"r{i}.norm1", batch))
        x = F.relu(norm(p, reflected(p, y, f"r{i}.conv2", 1), f"r{i}.norm2", batch) + x)
    for name in ("c4", "c5"):
        x = F.relu(norm(p, doubled(p, x, name), name + ".norm", False))
    return (torch.tanh(conv(p, x, "c6", padding=3)) + 1) / 2


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


def gaps(x, y):
    """What is missing of each part's reach."""
    parts = [(of_differences, x, y), (similarity, x, y), (similarity, yuv(x), yuv(y)),
             (of_differences, yuv(x), yuv(y))]
    return [s(b, b).detach() - s(a, b) for s, a, b in parts]


def train(profile, l1_weight, batch):
    p, given, truth = parameters(), pictures(True), pictures(False) / 255
    adam = torch.optim.Adam(p.values(), lr=RATE, betas=(0.9, 0.999), eps=1e-8)
    rows = []
    for _ in range(ITERATIONS):
        y = generator(p, given, batch)
        l1 = (y - truth).abs().mean()
        terms = gaps(y, truth) if profile else []
        adam.zero_grad()
        (sum(terms) + l1_weight * l1).backward()
        adam.step()
        rows.append([float(t.detach()) for t in terms + [l1]])
    return rows


def main():
    torch.set_num_threads(1)
    print("// Made by tests/reference/paired_step.py: do not change by hand.")
    print(f"enum {{ EXPECTED_ITERATIONS = {ITERATIONS} }};")
    print(f"static const double expected_rate = {RATE};")
    for profile, weight, name in ((False, 1, "l1"), (True, 0, "profile"), (True, 10, "profile_l1")):
        for batch in (False, True):
            rows = train(profile, weight, batch)
            whole = f"{name}_{'batch' if batch else 'instance'}"
            print(f"static const double expected_{whole}[{ITERATIONS}][{len(rows[0])}] = {{")
            for row in rows:
                print("    {" + ", ".join(f"{value:.12g}" for value in row) + "},")
            print("};")


main()
