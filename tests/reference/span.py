"""What SPAN makes of a picture of 17x23, computed in float64 by NumPy.

    .venv-peers/bin/python tests/reference/span.py > tests/reference/span_expected.h

The C side (tests/test_upscale.c) makes the same network with the same numbers and compares. Element i
of parameter p is a sin(12.9898 (i + 1) + 78.233 p); parameters are numbered 0, 1, 2 .. layer by layer
as they stand in FORMULA below, the weight before its bias; a is sqrt(3 / numbers that are summed) for
weights, 0.1 for biases. The picture [3, 23, 17] is 127.5 + 127.5 sin(12.9898 (i + 1) + 78.233 * 1000).
"""
import numpy as np

MEAN = np.array([0.4488, 0.4371, 0.4040])[:, None, None]
WIDTH, SCALE = 48, 4
number = 0


def formula(count, amplitude, p):
    return amplitude * np.sin(12.9898 * np.arange(1, count + 1) + 78.233 * p)


def conv(x, out, size=3):
    """The next convolution in line, zeros around."""
    global number
    fan = x.shape[0] * size * size
    weight = formula(out * fan, np.sqrt(3 / fan), number).reshape(out, x.shape[0], size, size)
    bias = formula(out, 0.1, number + 1)
    number += 2
    pad = size // 2
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    rows, columns = x.shape[1] - 2 * pad, x.shape[2] - 2 * pad
    y = np.zeros((out, rows, columns)) + bias[:, None, None]
    for i in range(size):
        for j in range(size):
            y += np.einsum("oc,chw->ohw", weight[:, :, i, j], x[:, i:i + rows, j:j + columns])
    return y


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def silu(a):
    return a * sigmoid(a)


def block(f):
    a1 = silu(conv(f, WIDTH))
    a2 = silu(conv(a1, WIDTH))
    a3 = conv(a2, WIDTH)
    return (a3 + f) * (sigmoid(a3) - 0.5), a1


picture = (127.5 + formula(3 * 23 * 17, 127.5, 1000)).reshape(3, 23, 17)
f0 = f = conv(255 * (picture / 255 - MEAN), WIDTH)
for k in range(6):
    f, inner = block(f)
    f1 = f if k == 0 else f1
h = conv(np.concatenate([f0, conv(f, WIDTH), f1, inner]), WIDTH, 1)
y = conv(h, 3 * SCALE * SCALE)
y = y.reshape(3, SCALE, SCALE, 23, 17).transpose(0, 3, 1, 4, 2).reshape(-1)

print("// Every 401st value of what SPAN makes of a picture: made by tests/reference/span.py.")
print("#ifndef LIMN_TESTS_SPAN_EXPECTED_H\n#define LIMN_TESTS_SPAN_EXPECTED_H\n")
print("static const double span_expected[] = {")
print("\n".join(f"    {value:.12g}," for value in y[::401]))
print("};\n\n#endif")
