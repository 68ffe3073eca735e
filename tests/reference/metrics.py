"""Features and distances of tests/test_metric_networks.c and tests/test_distances.c, by NumPy in double.

    python tests/reference/metrics.py > tests/reference/metrics_expected.h

Networks are written down once more here, with torchvision's names and from its description, not from
limn's. Number i of the parameter NAME is base + amplitude * noise(i, NAME): a hash of both, see `noise`.

    weights of convolutions  amplitude sqrt(6 / (inputs * rows * columns))
    biases, means            amplitude 0.1
    bn.weight                1 + 0.2 noise       bn.running_var   1 + 0.5 noise
    weights of LPIPS         0.5 + 0.5 noise

The pictures are smoothA and smoothB of the specification (metrics.md, 0). The perceptual distance is
taken with the VGG-19 that ships, models/vgg19.safetensors; published_768 are features by the numbers of
../shared/weights/inception_fid_2015_to_mixed_8.fp16.safetensors.
"""
import json
import pathlib
import struct
import textwrap

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ROOT = pathlib.Path(__file__).parents[2]


def noise(name, count):
    """In [-1, 1), in 32-bit arithmetic: FNV-1a of the name, then a mixer of bits."""
    key = 2166136261
    for byte in name.encode():
        key = (key ^ byte) * 16777619 % 2**32
    h = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(key)
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    h ^= h >> np.uint32(16)
    return h / 2.0**31 - 1


def parameter(name, shape):
    count = int(np.prod(shape))
    base, amplitude = 0, 0.1
    if len(shape) == 4:
        amplitude = np.sqrt(6 / np.prod(shape[1:]))
    elif name.endswith("bn.weight"):
        base, amplitude = 1, 0.2
    elif name.endswith("bn.running_var"):
        base, amplitude = 1, 0.5
    # limn keeps parameters as 32-bit floats
    return (base + amplitude * noise(name, count)).astype(np.float32).astype(float).reshape(shape)


def picture(width, height, which):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    t = (3 * x + 5 * y + 40 * c) % 510
    s = np.minimum(t, 510 - t)
    if which == "b":
        s = s + (11 * x + 17 * y + 5 * c) % 31 - 15
    return np.clip(s, 0, 255).astype(float).transpose(2, 0, 1)


# ---- layers on [c][h][w] ----


def padded(x, rows, columns, value=0.0):
    return np.pad(x, ((0, 0), (rows, rows), (columns, columns)), constant_values=value)


def convolve(x, w, stride=1, pad=(0, 0)):
    windows = sliding_window_view(padded(x, *pad), w.shape[2:], (1, 2))[:, ::stride, ::stride]
    return np.tensordot(w, windows, ((1, 2, 3), (0, 3, 4)))


def max_pool(x, size, stride, pad=0, ceil=False):
    x = padded(x, pad, pad, -np.inf)
    if ceil:
        more = [-(n - size) % stride for n in x.shape[1:]]
        x = np.pad(x, ((0, 0), (0, more[0]), (0, more[1])), constant_values=-np.inf)
    return sliding_window_view(x, (size, size), (1, 2))[:, ::stride, ::stride].max((3, 4))


def average_pool(x):
    """3x3, stride 1, zeros around the map not counted."""
    ones = np.ones_like(x[:1])
    sums, counts = (sliding_window_view(padded(a, 1, 1), (3, 3), (1, 2)).sum((3, 4))
                    for a in (x, ones))
    return sums / counts


def relu(x):
    return np.maximum(x, 0)


# ---- Inception ----


def torch_layer(x, name, out, size, stride=1, pad=(0, 0)):
    w = parameter(name + ".conv.weight", (out, len(x), *size))
    y = convolve(x, w, stride, pad)
    gamma, beta, mean, variance = (parameter(f"{name}.bn.{part}", (out,))[:, None, None]
                                   for part in ("weight", "bias", "running_mean", "running_var"))
    return relu((y - mean) / np.sqrt(variance + 0.001) * gamma + beta)


def plain_layer(x, name, out, size, stride=1, pad=(0, 0)):
    y = convolve(x, parameter(name + ".weight", (out, len(x), *size)), stride, pad)
    return relu(y + parameter(name + ".bias", (out,))[:, None, None])


def inception(x, layer, name, blocks):
    """{features: their means}. `name(torchvision's)`: what the layer is called."""
    def conv(x, at, out, size, stride=1, pad=(0, 0)):
        return layer(x, name(at), out, size, stride, pad)

    def same(x, at, out, rows, columns):
        return conv(x, at, out, (rows, columns), pad=(rows // 2, columns // 2))

    def type_a(x, at, width):
        b = same(same(x, at + ".branch5x5_1", 48, 1, 1), at + ".branch5x5_2", 64, 5, 5)
        c = same(x, at + ".branch3x3dbl_1", 64, 1, 1)
        c = same(same(c, at + ".branch3x3dbl_2", 96, 3, 3), at + ".branch3x3dbl_3", 96, 3, 3)
        d = same(average_pool(x), at + ".branch_pool", width, 1, 1)
        return [same(x, at + ".branch1x1", 64, 1, 1), b, c, d]

    def type_b(x, at):
        b = same(same(x, at + ".branch3x3dbl_1", 64, 1, 1), at + ".branch3x3dbl_2", 96, 3, 3)
        return [conv(x, at + ".branch3x3", 384, (3, 3), 2),
                conv(b, at + ".branch3x3dbl_3", 96, (3, 3), 2), max_pool(x, 3, 2)]

    def type_c(x, at, width):
        b = same(same(x, at + ".branch7x7_1", width, 1, 1), at + ".branch7x7_2", width, 1, 7)
        b = same(b, at + ".branch7x7_3", 192, 7, 1)
        c = same(x, at + ".branch7x7dbl_1", width, 1, 1)
        for i, (rows, columns) in enumerate([(7, 1), (1, 7), (7, 1), (1, 7)]):
            c = same(c, f"{at}.branch7x7dbl_{i + 2}", 192 if i == 3 else width, rows, columns)
        d = same(average_pool(x), at + ".branch_pool", 192, 1, 1)
        return [same(x, at + ".branch1x1", 192, 1, 1), b, c, d]

    def type_d(x, at):
        a = conv(same(x, at + ".branch3x3_1", 192, 1, 1), at + ".branch3x3_2", 320, (3, 3), 2)
        b = same(same(x, at + ".branch7x7x3_1", 192, 1, 1), at + ".branch7x7x3_2", 192, 1, 7)
        b = same(b, at + ".branch7x7x3_3", 192, 7, 1)
        return [a, conv(b, at + ".branch7x7x3_4", 192, (3, 3), 2), max_pool(x, 3, 2)]

    def type_e(x, at, pool):
        b = same(x, at + ".branch3x3_1", 384, 1, 1)
        c = same(x, at + ".branch3x3dbl_1", 448, 1, 1)
        c = same(c, at + ".branch3x3dbl_2", 384, 3, 3)
        return [same(x, at + ".branch1x1", 320, 1, 1),
                same(b, at + ".branch3x3_2a", 384, 1, 3), same(b, at + ".branch3x3_2b", 384, 3, 1),
                same(c, at + ".branch3x3dbl_3a", 384, 1, 3),
                same(c, at + ".branch3x3dbl_3b", 384, 3, 1),
                same(pool(x), at + ".branch_pool", 192, 1, 1)]

    found = {}
    x = conv(x, "Conv2d_1a_3x3", 32, (3, 3), 2)
    x = conv(x, "Conv2d_2a_3x3", 32, (3, 3))
    x = max_pool(conv(x, "Conv2d_2b_3x3", 64, (3, 3), pad=(1, 1)), 3, 2)
    found[64] = x.mean((1, 2))
    x = conv(conv(x, "Conv2d_3b_1x1", 80, (1, 1)), "Conv2d_4a_3x3", 192, (3, 3))
    x = max_pool(x, 3, 2)
    found[192] = x.mean((1, 2))
    steps = [(type_a, "Mixed_5b", 32), (type_a, "Mixed_5c", 64), (type_a, "Mixed_5d", 64),
             (type_b, "Mixed_6a"), (type_c, "Mixed_6b", 128), (type_c, "Mixed_6c", 160),
             (type_c, "Mixed_6d", 160), (type_c, "Mixed_6e", 192), (type_d, "Mixed_7a"),
             (type_e, "Mixed_7b", average_pool),
             (type_e, "Mixed_7c", lambda x: max_pool(x, 3, 1, 1))]
    for build, *arguments in steps[:blocks]:
        x = np.concatenate(build(x, *arguments))
    found[len(x)] = x.mean((1, 2))
    return found


def tensorflow_name(torch):
    """The names in the file of halves, for what the features up to 768 need."""
    stem = {"Conv2d_1a_3x3": "conv", "Conv2d_2a_3x3": "conv_1", "Conv2d_2b_3x3": "conv_2",
            "Conv2d_3b_1x1": "conv_3", "Conv2d_4a_3x3": "conv_4"}
    if torch in stem:
        return stem[torch]
    block, branch = torch.split(".")
    order = ["5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e"].index(block[-2:])
    way, _, at = branch.partition("_")
    at = int(at) - 1 if at.isdigit() else 0
    tower = {"branch1x1": "", "branch3x3": "", "branch5x5": "_tower", "branch7x7": "_tower",
             "branch3x3dbl": "_tower" if block == "Mixed_6a" else "_tower_1",
             "branch7x7dbl": "_tower_1", "branch": "_tower_2"}[way]
    return f"mixed{f'_{order}' if order else ''}{tower}_conv{f'_{at}' if at else ''}"


# ---- distances ----


def preprocessed(rgb):
    mean, deviation = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    return (rgb / 255 - np.array(mean)[:, None, None]) / np.array(deviation)[:, None, None]


def alex(x):
    def conv(x, index, out, size, stride, pad):
        return plain_layer(x, f"features.{index}", out, (size, size), stride, (pad, pad))
    taps = [conv(x, 0, 64, 11, 4, 2)]
    taps.append(conv(max_pool(taps[0], 3, 2), 3, 192, 5, 1, 2))
    taps.append(conv(max_pool(taps[1], 3, 2), 6, 384, 3, 1, 1))
    taps.append(conv(taps[2], 8, 256, 3, 1, 1))
    taps.append(conv(taps[3], 10, 256, 3, 1, 1))
    return taps


def squeeze(x):
    def fire(x, index, few, many):
        at = f"features.{index}."
        x = plain_layer(x, at + "squeeze", few, (1, 1))
        return np.concatenate([plain_layer(x, at + "expand1x1", many, (1, 1)),
                               plain_layer(x, at + "expand3x3", many, (3, 3), pad=(1, 1))])
    taps = [plain_layer(x, "features.0", 64, (3, 3), 2)]
    taps.append(fire(fire(max_pool(taps[-1], 3, 2, ceil=True), 3, 16, 64), 4, 16, 64))
    taps.append(fire(fire(max_pool(taps[-1], 3, 2, ceil=True), 6, 32, 128), 7, 32, 128))
    taps.append(fire(max_pool(taps[-1], 3, 2, ceil=True), 9, 48, 192))
    for index, few, many in ((10, 48, 192), (11, 64, 256), (12, 64, 256)):
        taps.append(fire(taps[-1], index, few, many))
    return taps


def vgg(x, blocks, wanted, layer):
    """`wanted`: (block, convolution) of each tap."""
    taps, index = [], 0
    for block, count in enumerate(blocks):
        for k in range(count):
            x = layer(x, f"features.{index}", 64 * 2 ** min(block, 3), (3, 3), pad=(1, 1))
            index += 2
            if (block + 1, k + 1) in wanted:
                taps.append(x)
            if len(taps) == len(wanted):
                return taps
        x = max_pool(x, 2, 2)
        index += 1


def shipped(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    types = {"F16": np.float16, "F32": np.float32}
    return {name: np.frombuffer(data[8 + size:][slice(*it["data_offsets"])], types[it["dtype"]])
            .astype(float).reshape(it["shape"]) for name, it in header.items() if "dtype" in it}


def distance(a, b, weights):
    """The formula of LPIPS over maps [c][h][w]."""
    total = 0
    for i, (x, y) in enumerate(zip(a, b)):
        x, y = (z / (np.sqrt((z * z).sum(0)) + 1e-10) for z in (x, y))
        total += ((x - y)**2 * weights(i, len(x))[:, None, None]).sum(0).mean()
    return total


def lin(i, channels):
    name = f"lin{i}.model.1.weight"
    return (0.5 + 0.5 * noise(name, channels)).astype(np.float32).astype(float)


def stored_layer(path):
    stored = shipped(path)

    def layer(x, name, out, size, stride=1, pad=(0, 0)):
        bias = stored[name + ".bias"][:, None, None]
        return relu(convolve(x, stored[name + ".weight"], stride, pad) + bias)

    return layer


def perceptual(pictures):
    layer = stored_layer(ROOT / "models/vgg19.safetensors")
    mean = np.array([103.939, 116.779, 123.68])[:, None, None]
    wanted = [(1, 2), (2, 2), (3, 3), (4, 3), (5, 1)]
    maps = [vgg(x[::-1] - mean, [2, 2, 4, 4, 4], wanted, layer) for x in pictures]
    return distance(*maps, lambda i, channels: np.ones(channels))


def show(name, values):
    text = ", ".join(f"{value:.10g}" for value in values)
    print("\n    ".join(textwrap.wrap(f"static const double {name}[] = {{{text}}};", 96)))


def main():
    print("// Features and distances by NumPy: made by tests/reference/metrics.py, which says what each\n"
          "// figure means.\n#ifndef LIMN_TESTS_METRICS_EXPECTED_H\n"
          "#define LIMN_TESTS_METRICS_EXPECTED_H\n\n// clang-format off")
    side = 139
    x = picture(side, side, "a") / 127.5 - 1
    print(f"enum {{ INCEPTION_SIDE = {side}, LPIPS_WIDTH = 64, LPIPS_HEIGHT = 48 }};")
    for title, layer, name, blocks in (("torch", torch_layer, lambda at: at, 11),
                                       ("tensorflow", plain_layer, tensorflow_name, 8)):
        for count, values in inception(x, layer, name, blocks).items():
            # sixteen of them, from all branches, and the sum of all
            show(f"{title}_{count}", [*values[::count // 16], values.sum()])
    pictures = [picture(64, 48, which) for which in "ab"]
    wanted = [(1, 2), (2, 2), (3, 3), (4, 3), (5, 3)]
    networks = {"alex": alex, "squeeze": squeeze,
                "vgg": lambda x: vgg(x, [2, 2, 3, 3, 3], wanted, plain_layer)}
    for name, network in networks.items():
        show(f"lpips_{name}", [distance(*(network(preprocessed(p)) for p in pictures), lin)])
    show("perceptual_smooth", [perceptual(pictures)])
    layer = stored_layer(ROOT / "../shared/weights/inception_fid_2015_to_mixed_8.fp16.safetensors")
    values = inception(picture(299, 299, "a") / 127.5 - 1, layer, tensorflow_name, 8)[768]
    show("published_768", [*values[::48], values.sum()])
    print("// clang-format on\n\n#endif")


if __name__ == "__main__":
    main()
