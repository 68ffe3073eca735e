"""One training step, and ten losses, of a small network that has every kind of layer, by PyTorch.

    .venv-peers/bin/python tests/reference/step.py > tests/reference/step_expected.h

Everything is computed in float64. The C side (tests/test_step.c) makes the same network with the same
numbers and compares.

The numbers. Element i of the tensor with number p is

    base + amplitude * sin(12.9898 * (i + 1) + 78.233 * p)        (computed in double)

Parameters are numbered 0, 1, 2 .. in the order of the table below, each layer's weight before its bias,
then those of the loss network; base and amplitude stand in the header. The picture x [2,3,20,16] has
number 1295 (which keeps every value well off the kinks of relu), the style picture s [1,3,14,18]
number 1001, both with base 0 and amplitude 1.

The network, y = f(x), 20x16:

    conv1   9x9, reflect 4,           3 ->  8    in1  instance norm, relu      20x16
    conv2   3x3, stride 2, reflect 1, 8 -> 12    bn2  batch norm,    relu      10x8
    conv3   3x3, stride 2, reflect 1, 12 -> 12   in3  instance norm, relu      5x4
    res.conv1 3x3, reflect 1, 12 -> 12           res.in1 instance norm, relu
    res.conv2 3x3, reflect 1, 12 -> 12           res.in2 instance norm; plus the input of res.conv1
    up4     nearest x2, then 3x3, reflect 1, 12 -> 12    in4  instance norm, relu    10x8
    up5     transposed 3x3, stride 2, crop 1, adjust 1, 12 -> 8, weight [12,8,3,3]
                                                         bn5  batch norm,    relu    20x16
    conv6   9x9, reflect 4, 8 -> 3               tanh                          20x16

Norms: eps 1e-5, biased variance; batch norm uses the batch (training) and keeps running_mean (0 at
first) and running_var (1), momentum 0.1, unbiased variance.

The loss network g (never trained), zero padding 1:

    vgg1 3x3, 3 -> 8, relu = A;   max pool 2x2;   vgg2 3x3, 8 -> 12, relu = B;
    average pool 2x2;   vgg3 3x3, 12 -> 16, relu = C

Terms: content = mean (B(y) - B(x))^2, weight 1; style = sum over A, B, C of the mean over pictures and
entries of (G(y) - G(s))^2 with G = F F' / (c h w), weight 100; tv = 1/2 sum over rows but the last and
columns but the last of (y[i,j] - y[i,j+1])^2 + (y[i,j] - y[i+1,j])^2, weight 0.001.

The step is Adam's, rate 0.001, beta 0.9 and 0.999, eps 1e-8, no decay.

What is recorded of each trained parameter: its gradient at the first step as the sum of magnitudes,
the sum of gradient[i] * sin(i + 1), first and last element; and the sum of move[i] * sin(i + 1) where
move is what the first step adds to it. A bias in front of a norm has no gradient (`idle`): there float32
computes noise, which Adam turns into moves, so only the smallness of the gradient can be compared.
"""
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(2)

# name, weight shape, kind of what follows: "in", "bn" or "" (no norm)
LAYERS = [
    ("conv1", (8, 3, 9, 9), "in1"), ("conv2", (12, 8, 3, 3), "bn2"), ("conv3", (12, 12, 3, 3), "in3"),
    ("res.conv1", (12, 12, 3, 3), "res.in1"), ("res.conv2", (12, 12, 3, 3), "res.in2"),
    ("up4", (12, 12, 3, 3), "in4"), ("up5", (12, 8, 3, 3), "bn5"), ("conv6", (3, 8, 9, 9), ""),
]
LOSS_LAYERS = [("vgg1", (8, 3, 3, 3)), ("vgg2", (12, 8, 3, 3)), ("vgg3", (16, 12, 3, 3))]
WEIGHTS = {"content": 1.0, "style": 100.0, "tv": 0.001}


def numbers(shape, p, base=0.0, amplitude=1.0):
    count = torch.Size(shape).numel()
    i = torch.arange(1, count + 1)
    return (base + amplitude * torch.sin(12.9898 * i + 78.233 * p)).reshape(shape)


def make_parameters():
    """[(name, tensor, base, amplitude, idle)], trained ones first."""
    table = []

    def add(name, shape, base, amplitude, idle=False):
        table.append((name, numbers(shape, len(table), base, amplitude), base, amplitude, idle))

    for name, shape, after in LAYERS:
        out = shape[1] if name == "up5" else shape[0]
        add(name + ".weight", shape, 0.0, round(2 / (torch.Size(shape).numel() / out) ** 0.5, 3))
        add(name + ".bias", (out,), 0.0, 0.1, idle=after != "")
        if after:
            add(after + ".weight", (out,), 1.0, 0.2)
            add(after + ".bias", (out,), 0.1, 0.2)
    for name, shape in LOSS_LAYERS:
        add(name + ".weight", shape, 0.0, round(2 / (torch.Size(shape).numel() / shape[0]) ** 0.5, 3))
        add(name + ".bias", (shape[0],), 0.0, 0.1)
    return table


def network(p, running, x):
    def conv(name, x, edge, stride=1):
        x = F.pad(x, [edge] * 4, mode="reflect")
        return F.conv2d(x, p[name + ".weight"], p[name + ".bias"], stride=stride)

    def instance(name, x):
        return F.instance_norm(x, weight=p[name + ".weight"], bias=p[name + ".bias"], eps=1e-5)

    def batch(name, x):
        return F.batch_norm(x, *running[name], p[name + ".weight"], p[name + ".bias"],
                            training=True, momentum=0.1, eps=1e-5)

    x = F.relu(instance("in1", conv("conv1", x, 4)))
    x = F.relu(batch("bn2", conv("conv2", x, 1, 2)))
    x = F.relu(instance("in3", conv("conv3", x, 1, 2)))
    inner = F.relu(instance("res.in1", conv("res.conv1", x, 1)))
    x = x + instance("res.in2", conv("res.conv2", inner, 1))
    x = F.interpolate(x, scale_factor=2, mode="nearest")
    x = F.relu(instance("in4", conv("up4", x, 1)))
    x = F.conv_transpose2d(x, p["up5.weight"], p["up5.bias"], stride=2, padding=1, output_padding=1)
    x = F.relu(batch("bn5", x))
    return torch.tanh(conv("conv6", x, 4))


def features(p, x):
    def conv(name, x):
        return F.relu(F.conv2d(x, p[name + ".weight"], p[name + ".bias"], padding=1))

    a = conv("vgg1", x)
    b = conv("vgg2", F.max_pool2d(a, 2))
    return a, b, conv("vgg3", F.avg_pool2d(b, 2))


def gram(x):
    n, c, h, w = x.shape
    x = x.reshape(n, c, h * w)
    return x @ x.transpose(1, 2) / (c * h * w)


def losses(p, running, x, style):
    y = network(p, running, x)
    of_y, of_x = features(p, y), features(p, x)
    targets = [gram(f) for f in features(p, style)]
    right = y[:, :, :-1, :-1] - y[:, :, :-1, 1:]
    below = y[:, :, :-1, :-1] - y[:, :, 1:, :-1]
    return y, {
        "content": ((of_y[1] - of_x[1]) ** 2).mean(),
        "style": sum(((gram(f) - g) ** 2).mean() for f, g in zip(of_y, targets)),
        "tv": 0.5 * (right**2 + below**2).sum(),
    }


def checksum(values):
    values = values.reshape(-1)
    return float((values * torch.sin(torch.arange(1, len(values) + 1, dtype=values.dtype))).sum())


def kinks(p, x, style):
    """How near to zero anything comes that goes into a relu of the loss network."""
    running = {name: (torch.zeros(n), torch.ones(n)) for name, n in (("bn2", 12), ("bn5", 8))}
    nearest = []
    original = F.relu
    F.relu = lambda value: (nearest.append(float(value.abs().min())), original(value))[1]
    with torch.no_grad():
        losses(p, running, x, style)
    F.relu = original
    return min(nearest)


def main():
    table = make_parameters()
    p = {name: tensor.clone() for name, tensor, _, _, _ in table}
    trained = [name for name in p if not name.startswith("vgg")]
    for name in trained:
        p[name].requires_grad_(True)
    running = {name: (torch.zeros(n), torch.ones(n)) for name, n in (("bn2", 12), ("bn5", 8))}
    x, style = numbers((2, 3, 20, 16), 1295), numbers((1, 3, 14, 18), 1001)
    adam = torch.optim.Adam([p[name] for name in trained], lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    totals, first = [], {}
    nearest = kinks(p, x, style)
    for step in range(10):
        adam.zero_grad()
        y, terms = losses(p, running, x, style)
        total = sum(WEIGHTS[name] * value for name, value in terms.items())
        total.backward()
        totals.append(total.item())
        if step == 0:
            first = {"y": y.detach().clone(), "terms": {k: v.item() for k, v in terms.items()},
                     "gradient": {n: p[n].grad.clone() for n in trained},
                     "running": {n: (m.clone(), v.clone()) for n, (m, v) in running.items()}}
            before = {n: p[n].detach().clone() for n in trained}
        adam.step()
        if step == 0:
            first["move"] = {n: p[n].detach() - before[n] for n in trained}
    write(table, first, totals, nearest)


def write(table, first, totals, nearest):
    print("// One training step computed by PyTorch: made by tests/reference/step.py, which says what the")
    print("// network is and what each figure means.")
    print(f"// The value nearest to a kink of a relu is {nearest:.2g} away from it.")
    print("#ifndef LIMN_TESTS_STEP_EXPECTED_H\n#define LIMN_TESTS_STEP_EXPECTED_H\n")
    print("#include <stdbool.h>\n")
    for name, value in first["terms"].items():
        print(f"static const double expected_{name} = {value:.15g};")
    print("static const double expected_totals[10] = {")
    for value in totals:
        print(f"    {value:.15g},")
    print("};")
    print(f"static const double expected_output_sum = {checksum(first['y']):.15g};")
    print(f"static const double expected_output_first = {first['y'].reshape(-1)[0].item():.15g};\n")
    print("static const struct expected_buffer {")
    print("    const char *name;\n    double sum, first;\n} expected_buffers[] = {")
    for name, (mean, var) in first["running"].items():
        for kind, value in (("running_mean", mean), ("running_var", var)):
            print(f'    {{"{name}.{kind}", {checksum(value):.15g}, {value[0].item():.15g}}},')
    print("};\n")
    print("static const struct expected_parameter {\n    const char *name;\n    int count;")
    print("    double base, amplitude;\n    bool trained, idle;")
    print("    double magnitude, sum, first, last; // of the gradient")
    print("    double move;\n} expected_parameters[] = {")
    for name, tensor, base, amplitude, idle in table:
        head = f'    {{"{name}", {tensor.numel()}, {base}, {amplitude}, '
        if name not in first["gradient"]:
            print(head + "false, false, 0, 0, 0, 0, 0},")
            continue
        g = first["gradient"][name].reshape(-1)
        if idle:
            print(head + "true, true, 0, 0, 0, 0, 0},")
            continue
        print(head + "true, false,")
        print(f"     {g.abs().sum().item():.15g}, {checksum(g):.15g}, {g[0].item():.15g},")
        print(f"     {g[-1].item():.15g}, {checksum(first['move'][name]):.15g}}},")
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
