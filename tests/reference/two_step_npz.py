"""Weights of two-step translation as its published code saves them, by NumPy itself, and what they make.

    .venv-peers/bin/python tests/reference/two_step_npz.py > tests/reference/two_step_npz_expected.h

writes beside itself published_net_g.npz, _net_e.npz and _net_p.npz: lists of arrays in the order that
TensorLayer creates them, by numpy.savez (an array of arrays, so a pickle; the embedding's list of one array
becomes a plain one). 16 x 16 pictures, 2 domains, width 2, z of 3 numbers, an embedding of 2.

The networks are computed here as TensorFlow does, in float64: maps [h,w,c], kernels [5,5,in,out] and for
the transposed [5,5,out,in], stride 2, SAME (one row and column before, two behind), dense [in,out] from and
to maps in the order h, w, c. tests/test_two_step_import.c holds limn's result against the figures.

Element i (C order) of the tensor with number p is base + amplitude * sin(12.9898 * (i + 1) + 78.233 * p).
"""
from pathlib import Path

import numpy as np

LATENT, CODE, DOMAINS, WIDTH = 3, 2, 2, 2
NORM = ((0.1, 0.2), (1.0, 0.3), (0.0, 0.3), (1.0, 0.4))  # beta, gamma, moving mean, moving variance
numbers = iter(range(1000))


def tensor(base, amplitude, *shape):
    at = 12.9898 * np.arange(1, np.prod(shape) + 1) + 78.233 * next(numbers)
    return (base + amplitude * np.sin(at)).reshape(shape).astype(np.float32)


def norm_of(channels):
    return [tensor(base, amplitude, channels) for base, amplitude in NORM]


def save(letter, arrays):
    if len(arrays) > 1:
        listed = np.empty(len(arrays), dtype=object)
        listed[:] = arrays
        arrays = listed
    np.savez(Path(__file__).parent / f"published_net_{letter}.npz", params=arrays)


def normalised(x, at):
    beta, gamma, mean, variance = (next(at) for _ in range(4))
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def down(x, kernel):
    n, out = x.shape[0] // 2, kernel.shape[3]
    x = np.pad(x, ((1, 2), (1, 2), (0, 0)))
    return np.array([[np.tensordot(x[2 * i:2 * i + 5, 2 * j:2 * j + 5], kernel, 3) for j in range(n)]
                     for i in range(n)]).reshape(n, n, out)


def up(x, kernel):
    n = x.shape[0]
    y = np.zeros((2 * n + 3, 2 * n + 3, kernel.shape[2]))
    for i in range(n):
        for j in range(n):
            y[2 * i:2 * i + 5, 2 * j:2 * j + 5] += kernel @ x[i, j]
    return y[1:-2, 1:-2]


def generated(arrays, z, code):
    at = iter(a.astype(np.float64) for a in arrays)
    x = (np.concatenate([z, code]) @ next(at)).reshape(4, 4, -1)
    x = np.maximum(normalised(x, at), 0)
    x = np.maximum(normalised(up(x, next(at)), at), 0)
    return np.tanh(up(x, next(at)) + next(at))


def encoded(arrays, x):
    at = iter(a.astype(np.float64) for a in arrays)
    x = down(x, next(at)) + next(at)
    x = np.where(x > 0, x, 0.2 * x)
    x = normalised(down(x, next(at)), at)
    return np.where(x > 0, x, 0.2 * x).reshape(-1) @ next(at) + next(at)


def show(name, values):
    print(f"static const double {name}[] = {{")
    for i in range(0, len(values), 4):
        print("    " + ", ".join(f"{v:.9g}" for v in values[i:i + 4]) + ",")
    print("};")


table = tensor(0, 0.5, DOMAINS, CODE)
g = [tensor(0, 0.5, LATENT + CODE, 16 * 2 * WIDTH), *norm_of(2 * WIDTH),
     tensor(0, 0.3, 5, 5, WIDTH, 2 * WIDTH), *norm_of(WIDTH),
     tensor(0, 0.3, 5, 5, 3, WIDTH), tensor(0, 0.1, 3)]
p = [tensor(0, 0.3, 5, 5, 3, WIDTH // 2), tensor(0, 0.1, WIDTH // 2),
     tensor(0, 0.3, 5, 5, WIDTH // 2, WIDTH), *norm_of(WIDTH),
     tensor(0, 0.3, 16 * WIDTH, LATENT), tensor(0, 0.1, LATENT)]
save("g", g)
save("e", [table])
save("p", p)

z = np.array([0.5, -1.25, 2.0])
rgb = (7 * np.arange(3 * 16 * 16) % 256).reshape(3, 16, 16)
print("// Made by tests/reference/two_step_npz.py. What the networks of published_net_*.npz make.")
print("// Pixels: every 37th number, [3][16][16] in 0..255, of domain 1 and z = 0.5, -1.25, 2.")
show("published_pixels", (127.5 * generated(g, z, table[1]) + 127.5).transpose(2, 0, 1).reshape(-1)[::37])
print("// Of the picture whose number i, [3][16][16], is 7 i modulo 256.")
show("published_latent", encoded(p, rgb.transpose(1, 2, 0) / 127.5 - 1))
