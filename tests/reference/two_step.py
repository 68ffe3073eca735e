"""Ten iterations of two-step training, five of each step, by PyTorch.

    .venv-peers/bin/python tests/reference/two_step.py > tests/reference/two_step_expected.h

Everything is computed in float64. The C side (tests/test_two_step.c) makes the same networks with the
same numbers and compares every term.

The method is that of /shared/spec/two-step.md for 16 x 16 pictures, 3 domains, width 8, z of 6 numbers,
an embedding of 5, batches of 6. Networks (weights as in limn's store, [out,in,h,w] and for the transposed
[in,out,h,w]; kernels 5x5, stride 2, SAME: one before, two behind):

    G  [z, embedding] -> dense 16x4x4, norm0, relu -> up1 8x8x8, norm1, relu -> up2 16x16x3, tanh
    D  conv0 8x8x4 with bias, leaky 0.2 -> conv1 4x4x8, norm1, leaky -> real 1, domain 3
    E  the same -> latent 6

Element i of the tensor with number p is base + amplitude * sin(12.9898 * (i + 1) + 78.233 * p), in double.
Parameters are numbered as in the table. In iteration t, z has number 2000 + t and amplitude 1.2, x has
number 3000 + t, base 127.5 and amplitude 127.5; labels are 0, 0, 1, 1, 2, 2 in step 1 and (i + t) % 3 in
step 2.

An iteration of step 1: D once (fakes go through D first, then reals), G twice on the same z; what G makes
is the same for D and for G's first update, so that its running statistics move twice. Of step 2: E
once, with G's running statistics. Adam, rate 2e-4 (E: 1e-4), beta1 0.5, beta2 0.999, eps 1e-8.
"""
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

BATCH, LATENT, DOMAINS, ITERATIONS = 6, 6, 3, 5
# name, shape, base, amplitude; running statistics are not in the table: 0 and 1
TABLE = [
    ("G.embedding", (3, 5), 0.0, 0.5),
    ("G.dense.weight", (256, 11), 0.0, 0.5),
    ("G.norm0.weight", (16,), 1.0, 0.2), ("G.norm0.bias", (16,), 0.1, 0.2),
    ("G.up1.weight", (16, 8, 5, 5), 0.0, 0.15),
    ("G.norm1.weight", (8,), 1.0, 0.2), ("G.norm1.bias", (8,), 0.1, 0.2),
    ("G.up2.weight", (8, 3, 5, 5), 0.0, 0.15), ("G.up2.bias", (3,), 0.0, 0.1),
]
for net in "DE":
    TABLE += [
        (net + ".conv0.weight", (4, 3, 5, 5), 0.0, 0.2), (net + ".conv0.bias", (4,), 0.0, 0.1),
        (net + ".conv1.weight", (8, 4, 5, 5), 0.0, 0.15),
        (net + ".norm1.weight", (8,), 1.0, 0.2), (net + ".norm1.bias", (8,), 0.1, 0.2),
    ]
TABLE += [
    ("D.real.weight", (1, 128), 0.0, 0.1), ("D.real.bias", (1,), 0.0, 0.1),
    ("D.domain.weight", (3, 128), 0.0, 0.1), ("D.domain.bias", (3,), 0.0, 0.1),
    ("E.latent.weight", (6, 128), 0.0, 0.1), ("E.latent.bias", (6,), 0.0, 0.1),
]


def numbers(shape, p, base=0.0, amplitude=1.0):
    i = torch.arange(1, torch.Size(shape).numel() + 1)
    return (base + amplitude * torch.sin(12.9898 * i + 78.233 * p)).reshape(shape)


p = {name: numbers(shape, i, base, amplitude).requires_grad_(True)
     for i, (name, shape, base, amplitude) in enumerate(TABLE)}
running = {name: [torch.zeros(c), torch.ones(c)]
           for name, c in (("G.norm0", 16), ("G.norm1", 8), ("D.norm1", 8), ("E.norm1", 8))}


def norm(name, x, training):
    if training:
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        running[name] = [0.9 * old + 0.1 * new.detach() for old, new in zip(running[name], (mean, var))]
    else:
        mean, var = running[name]
    shape = (1, -1, 1, 1)
    x = (x - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + 1e-5)
    return x * p[name + ".weight"].reshape(shape) + p[name + ".bias"].reshape(shape)


def down(name, x, bias=None):
    return F.conv2d(F.pad(x, (1, 2, 1, 2)), p[name + ".weight"], bias, stride=2)


def up(name, x, bias=None):
    n = 2 * x.shape[2]
    return F.conv_transpose2d(x, p[name + ".weight"], bias, stride=2)[:, :, 1:1 + n, 1:1 + n]


def generator(z, labels, training):
    x = torch.cat([z, p["G.embedding"][labels]], 1) @ p["G.dense.weight"].T
    x = F.relu(norm("G.norm0", x.reshape(-1, 16, 4, 4), training))
    x = F.relu(norm("G.norm1", up("G.up1", x), training))
    return torch.tanh(up("G.up2", x, p["G.up2.bias"]))


def trunk(net, x):
    x = F.leaky_relu(down(net + ".conv0", x, p[net + ".conv0.bias"]), 0.2)
    return F.leaky_relu(norm(net + ".norm1", down(net + ".conv1", x), True), 0.2).flatten(1)


def linear(name, x):
    return x @ p[name + ".weight"].T + p[name + ".bias"]


def verdict(x):
    x = trunk("D", x)
    return linear("D.real", x), linear("D.domain", x)


def bce(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def optimiser(prefix, rate):
    group = [value for name, value in p.items() if name.startswith(prefix)]
    return torch.optim.Adam(group, lr=rate, betas=(0.5, 0.999), eps=1e-8)


def step(optimiser, terms):
    for value in p.values():
        value.grad = None
    sum(terms).backward()
    optimiser.step()
    return [term.item() for term in terms]


def main():
    adam = {"D": optimiser("D.", 2e-4), "G": optimiser("G.", 2e-4), "E": optimiser("E.", 1e-4)}
    gan, encoder = [], []
    labels = torch.arange(BATCH) // (BATCH // DOMAINS)
    for t in range(ITERATIONS):
        z = numbers((BATCH, LATENT), 2000 + t, 0, 1.2)
        x = numbers((BATCH, 3, 16, 16), 3000 + t, 127.5, 127.5) / 127.5 - 1
        made = generator(z, labels, True)
        fake, of_fake = verdict(made.detach())
        real, of_real = verdict(x)
        row = step(adam["D"], [bce(real, 1), bce(fake, 0), F.cross_entropy(of_real, labels)])
        for again in range(2):
            if again:
                made = generator(z, labels, True)
            fake, of_fake = verdict(made)
            row += step(adam["G"], [bce(fake, 1), F.cross_entropy(of_fake, labels)])
        gan.append(row)
    for t in range(ITERATIONS, 2 * ITERATIONS):
        z = numbers((BATCH, LATENT), 2000 + t, 0, 1.2)
        labels = (torch.arange(BATCH) + t) % DOMAINS
        made = generator(z, labels, False)
        encoder += step(adam["E"], [((linear("E.latent", trunk("E", made)) - z) ** 2).mean()])
    write(gan, encoder)


def write(gan, encoder):
    print("// Ten iterations of two-step training by PyTorch: made by tests/reference/two_step.py, which says")
    print("// what the networks are and what each figure means.")
    print("#ifndef LIMN_TESTS_TWO_STEP_EXPECTED_H\n#define LIMN_TESTS_TWO_STEP_EXPECTED_H\n")
    print("// D real, D fake, D class; G fake, G class, before and after its first update.")
    print(f"static const double expected_gan[{ITERATIONS}][7] = {{")
    for row in gan:
        print("    {" + ", ".join(f"{value:.12g}" for value in row) + "},")
    print(f"}};\nstatic const double expected_latent[{ITERATIONS}] = {{")
    for value in encoder:
        print(f"    {value:.12g},")
    print("};\n\nstatic const struct expected_parameter {\n    const char *name;")
    print("    double base, amplitude;\n} expected_parameters[] = {")
    for name, _, base, amplitude in TABLE:
        print(f'    {{"{name}", {base}, {amplitude}}},')
    print("};\n\n// Running mean and variance after all, the sum of value[i] * sin(i + 1).")
    print("static const struct expected_running {\n    const char *name;\n    double mean, variance;")
    print("} expected_running[] = {")
    for name, pair in running.items():
        sums = [float((v * torch.sin(torch.arange(1.0, len(v) + 1))).sum()) for v in pair]
        print(f'    {{"{name}", {sums[0]:.12g}, {sums[1]:.12g}}},')
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
