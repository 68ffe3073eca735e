"""EGSC-IT and UNIT by PyTorch: the twin of src/kinds/egsc_it.c and src/methods/{egsc,egsc_first,egsc_it,unit}.c.

    .venv-peers/bin/python tests/reference/egsc_it.py > tests/reference/egsc_it_expected.h

Two iterations of stage 1 (D, G) and two of stage 2 (D, five times G), in float64, for 20 x 20 pictures and batches
of 2; tests/test_egsc_step.c makes the same numbers and compares every term. Nothing is computed that is not used, so
that `bench` can time it.

Parameters have limn's names and shapes. Element i of the tensor with number p is

    base + amplitude * (2 u - 1),   u = the fraction of 43758.5453 * sin(12.9898 * (i + 1) + 78.233 * p)

with p a first number and the place of its name among all names of its group, sorted by bytes: stage 1 from 0, D from
500, E, S and G from 600, 700 and 800 where they do not start from stage 1, the loss network's from 1000. Base and
amplitude: scales of norms 1 and 0.3, biases 0 and 0.1, others 0 and sqrt(6 / fan in), fan in being the elements of
one row. In update k, 0 to 15, pictures (those of a, then of b) have number 3000 + k, base and amplitude 127.5; noise j
has number 2000 + 8 k + j, base 0 and amplitude 1.5. Adam: rate 1e-6, betas 0.5 and 0.999, eps 1e-8.
"""
import dataclasses
import math

import torch
from torch.nn import functional as F


@dataclasses.dataclass
class Setting:
    """What is trained; the names are those of limn's options."""
    width: int = 32
    height: int = 28
    breadth: int = 28
    downsamplings: int = 0
    batch: int = 8
    adain: str = "standard"
    mask: bool = True
    kl: str = "mean"
    discriminator: str = "published"
    perceptual: bool = True
    init: str = "stage1"
    l1: float = 100
    kl_weight: float = 0.1
    gan: float = 10
    style: float = 1e3
    content: float = 10
    rate: float = 2e-4

    @property
    def guided(self):
        return self.mask or self.adain != "none"


# ---- parameters ----

def conv(table, name, out, inner, kernel):
    table[name + ".weight"], table[name + ".bias"] = (out, inner, kernel, kernel), (out,)


def block(table, name, c):
    conv(table, name + ".conv1", c, c, 3)
    conv(table, name + ".conv2", c, c, 3)


def encoder(table, s, name):
    conv(table, name + ".conv0", s.width, 3, 7)
    for i in range(1, s.downsamplings + 1):
        conv(table, f"{name}.conv{i}", s.width << i, s.width << (i - 1), 3)
    for i in (1, 2, 3):
        block(table, f"{name}.block{i}", s.width << s.downsamplings)


def generator(table, s, name):
    for i in (1, 2, 3):
        block(table, f"{name}.block{i}", s.width << s.downsamplings)
    for i in range(1, s.downsamplings + 1):
        out = s.width << (s.downsamplings - i)
        table[f"{name}.up{i}.weight"], table[f"{name}.up{i}.bias"] = (2 * out, out, 3, 3), (out,)
    conv(table, name + ".conv0", 3, s.width, 1)


def discriminator(table, s, name):
    for i in range(4):
        conv(table, f"{name}.conv{i}", s.width << i, s.width << (i - 1) if i else 3, 4)
        if i:
            table[f"{name}.norm{i}.weight"] = table[f"{name}.norm{i}.bias"] = (s.width << i,)
    conv(table, name + ".conv4", 1, s.width << 3, 1)


def first_shapes(s):
    table, c = {}, s.width << s.downsamplings
    for d in "ab":
        encoder(table, s, f"F.{d}")
        block(table, f"auto.{d}.latent", c)
        block(table, f"auto.{d}.content", c)
        generator(table, s, f"auto.{d}.draw")
        discriminator(table, s, f"auto.D.{d}")
    return table


def second_shapes(s):
    table, c = {}, s.width << s.downsamplings
    for d in "ab":
        encoder(table, s, f"E.{d}")
        generator(table, s, f"G.{d}")
        discriminator(table, s, f"D.{d}")
    block(table, "S.latent", c)
    block(table, "S.content", c)
    return table


VGG = (2, 2, 4, 4, 1)  # convolutions of the blocks of VGG-19 up to relu5_1


def vgg_layers(width):
    index, inner = 0, 3
    for b, count in enumerate(VGG):
        for _ in range(count):
            out = width * (1, 2, 4, 8, 8)[b]
            yield index, out, inner
            inner, index = out, index + 2
        index += 1


def vgg_shapes(width):
    table = {}
    for index, out, inner in vgg_layers(width):
        conv(table, f"features.{index}", out, inner, 3)
    return table


def numbers(shape, p, base=0.0, amplitude=1.0):
    i = torch.arange(1, math.prod(shape) + 1, dtype=torch.float64)
    u = 43758.5453 * torch.sin(12.9898 * i + 78.233 * p)
    return (base + amplitude * (2 * (u - torch.floor(u)) - 1)).reshape(shape)


def by_formula(table, first):
    values = {}
    for p, name in enumerate(sorted(table), first):
        base, amplitude = 0.0, math.sqrt(6 / math.prod(table[name][1:]))
        if name.endswith(".bias"):
            amplitude = 0.1
        elif ".norm" in name:
            base, amplitude = 1.0, 0.3
        values[name] = numbers(table[name], p, base, amplitude)
    return values


# ---- networks ----

class Networks:
    """All networks of a setting; p: parameters by name, d: a domain's letter."""

    def __init__(self, setting, p, vgg=None):
        self.s, self.p, self.vgg = setting, p, vgg

    def conv(self, name, x, stride=1, pad=0):
        if pad:
            x = F.pad(x, (pad,) * 4, mode="reflect")
        return F.conv2d(x, self.p[name + ".weight"], self.p[name + ".bias"], stride=stride)

    def block(self, name, x):
        return x + self.conv(name + ".conv2", F.relu(self.conv(name + ".conv1", x, pad=1)), pad=1)

    def encode(self, name, x):
        x = F.leaky_relu(self.conv(name + ".conv0", x, pad=3), 0.2)
        for i in range(1, self.s.downsamplings + 1):
            x = F.leaky_relu(self.conv(f"{name}.conv{i}", x, 2, 1), 0.2)
        for i in (1, 2, 3):
            x = self.block(f"{name}.block{i}", x)
        return x

    def generate(self, name, x):
        for i in (1, 2, 3):
            x = self.block(f"{name}.block{i}", x)
        for i in range(1, self.s.downsamplings + 1):
            h, w = x.shape[2:]
            x = F.conv_transpose2d(x, self.p[f"{name}.up{i}.weight"], self.p[f"{name}.up{i}.bias"], 2)
            x = F.leaky_relu(x[:, :, :2 * h, :2 * w], 0.2)
        return torch.tanh(self.conv(name + ".conv0", x))

    def judge(self, name, x):
        published = self.s.discriminator == "published"
        for i in range(4):
            h, w = x.shape[2:]
            more = [max(2 * ((n + 1) // 2 - 1) + 4 - n, 0) for n in (w, h)]  # TensorFlow's SAME
            x = F.pad(x, (more[0] // 2, more[0] - more[0] // 2, more[1] // 2, more[1] - more[1] // 2))
            x = self.conv(f"{name}.conv{i}", x, 2)
            if published:
                x = F.leaky_relu(x, 0.2)
            if i:
                norm = f"{name}.norm{i}"
                mean = x.mean((2, 3), keepdim=True)
                var = x.var((2, 3), unbiased=False, keepdim=True)
                x = (x - mean) / (var + 1e-5).sqrt()
                x = x * self.p[norm + ".weight"][:, None, None] + self.p[norm + ".bias"][:, None, None]
            x = F.leaky_relu(x, 0.2)
        x = self.conv(name + ".conv4", x)
        return F.leaky_relu(x, 0.2) if published else x

    def features(self, x):
        x = (x + 1) * 127.5
        x = x.flip(1) - torch.tensor([103.939, 116.779, 123.68], dtype=x.dtype).reshape(3, 1, 1)
        index = 0
        for b, count in enumerate(VGG):
            if b:
                x = F.max_pool2d(x, 2, ceil_mode=True)
                index += 1
            for k in range(count):
                name = f"features.{index}"
                x = F.relu(F.conv2d(x, self.vgg[name + ".weight"], self.vgg[name + ".bias"], padding=1))
                if not k:
                    yield x / x.flatten(2).norm(dim=2).clamp(min=1e-6)[:, :, None, None]
                index += 2

    def look(self, d, x):
        """Mask, scale and shift of a real picture."""
        with torch.no_grad():
            f = self.encode(f"F.{d}", x)
            mean, var = f.mean((2, 3), keepdim=True), f.var((2, 3), unbiased=False, keepdim=True)
            style = (mean, var) if self.s.adain == "published" else ((var + 1e-5).sqrt(), mean)
            return 0.5 + 0.5 * torch.sigmoid(f) if self.s.mask else None, style

    def read(self, d, x, noise):
        """Mean, latent, content."""
        mu = self.block("S.latent", self.encode(f"E.{d}", x))
        z = mu + noise
        return mu, z, self.block("S.content", z)

    def draw(self, d, c, mask, style):
        if mask is not None:
            c = c * mask
        if self.s.adain != "none":
            mean, var = c.mean((2, 3), keepdim=True), c.var((2, 3), unbiased=False, keepdim=True)
            divisor = var + 1e-8 if self.s.adain == "published" else (var + 1e-5).sqrt()
            c = style[0] * (c - mean) / divisor + style[1]
        return self.generate(f"G.{d}", c)


# ---- losses ----

def l1(a, b):
    return (a - b).abs().mean()


def gan(logits, wanted):
    return ((logits - wanted) ** 2).mean()


def gram(f):
    flat = f.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def latent(s, mu, z):
    return ((mu if s.kl == "mean" else z) ** 2).mean()


# Terms: {name: (value, weight)}, in limn's order.

def auto(net, d, x, noise):
    mu = net.block(f"auto.{d}.latent", net.encode(f"F.{d}", x))
    z = mu + noise
    return mu, z, net.generate(f"auto.{d}.draw", net.block(f"auto.{d}.content", z))


def first_discriminators(net, x, noise):
    terms = {}
    for i, d in enumerate("ab"):
        with torch.no_grad():
            made = auto(net, d, x[d], noise[i])[2]
        terms[f"stage 1 D real {d}"] = gan(net.judge(f"auto.D.{d}", x[d]), 1), 0.5 * net.s.gan
        terms[f"stage 1 D fake {d}"] = gan(net.judge(f"auto.D.{d}", made), 0), 0.5 * net.s.gan
    return terms


def first_generators(net, x, noise):
    terms, s = {}, net.s
    for i, d in enumerate("ab"):
        mu, z, made = auto(net, d, x[d], noise[i])
        terms[f"stage 1 reconstruction {d}"] = l1(made, x[d]), s.l1
        terms[f"stage 1 G {d}"] = gan(net.judge(f"auto.D.{d}", made), 1), s.gan
        terms[f"stage 1 latent {d}"] = latent(s, mu, z), s.kl_weight
    return terms


def second_discriminators(net, x, noise):
    terms = {}
    with torch.no_grad():
        looks = {d: net.look(d, x[d]) if net.s.guided else (None, None) for d in "ab"}
        contents = {d: net.read(d, x[d], noise[i])[2] for i, d in enumerate("ab")}
        made = {d: net.draw(d, contents[o], looks[o][0], looks[d][1]) for d, o in ("ab", "ba")}
    for d in "ab":
        terms[f"D real {d}"] = gan(net.judge(f"D.{d}", x[d]), 1), 0.5 * net.s.gan
        terms[f"D fake {d}"] = gan(net.judge(f"D.{d}", made[d]), 0), 0.5 * net.s.gan
    return terms


def second_generators(net, x, noise):
    terms, s = {}, net.s
    looks = {d: net.look(d, x[d]) if s.guided else (None, None) for d in "ab"}
    read = {d: net.read(d, x[d], noise[i]) for i, d in enumerate("ab")}
    made = {d: net.draw(d, read[o][2], looks[o][0], looks[d][1]) for d, o in ("ab", "ba")}
    again = {d: net.read(d, made[d], noise[2 + i]) for i, d in enumerate("ab")}
    for d, o in ("ab", "ba"):
        itself = net.draw(d, read[d][2], *looks[d])
        back = net.draw(d, again[o][2], *looks[d])
        terms[f"reconstruction {d}"] = l1(itself, x[d]), s.l1
        terms[f"cycle {d}"] = l1(back, x[d]), s.l1
        terms[f"G {d}"] = gan(net.judge(f"D.{d}", made[d]), 1), s.gan
        terms[f"latent {d}"] = latent(s, *read[d][:2]), s.kl_weight
        terms[f"cycle latent {d}"] = latent(s, *again[d][:2]), s.kl_weight
    if s.perceptual:
        with torch.no_grad():
            real = {d: list(net.features(x[d])) for d in "ab"}
        fake = {d: list(net.features(made[d])) for d in "ab"}
        for d, o in ("ab", "ba"):
            content = sum((i + 1) / 5 * l1(f, r) for i, (f, r) in enumerate(zip(fake[o], real[d])))
            style = sum(l1(gram(f), gram(r)) for f, r in zip(fake[d], real[d]))
            terms[f"content {d}"] = content, s.content
            terms[f"style {d}"] = style, s.style
    return terms


OBJECTIVES = ((first_discriminators, ("auto.D.",)), (first_generators, ("F.", "auto.a.", "auto.b."))), \
             ((second_discriminators, ("D.",)), (second_generators, ("E.", "S.", "G.")))


class Training:
    """A stage; p: parameters by name."""

    def __init__(self, setting, p, stage, vgg=None):
        self.net, self.objectives = Networks(setting, p, vgg), OBJECTIVES[stage]
        self.groups = [[v for n, v in p.items() if n.startswith(prefixes)] for _, prefixes in self.objectives]
        for v in p.values():
            v.requires_grad_(False)
        self.adam = [torch.optim.Adam(g, setting.rate, (0.5, 0.999), 1e-8) for g in self.groups]

    def update(self, which, x, noise):
        for i, group in enumerate(self.groups):  # D's weights are held while G is trained
            for v in group:
                v.requires_grad_(i == which)
        terms = self.objectives[which][0](self.net, x, noise)
        self.adam[which].zero_grad()
        sum(weight * value for value, weight in terms.values()).backward()
        self.adam[which].step()
        return {name: value.item() for name, (value, _) in terms.items()}


def start(s, first):
    """What stage 2 begins with: F, and all of stage 2."""
    p = {n: v.detach().clone() for n, v in first.items() if n.startswith("F.")}
    for prefix, number in (("D.", 500), ("E.", 600), ("S.", 700), ("G.", 800)):
        p |= by_formula({n: v for n, v in second_shapes(s).items() if n.startswith(prefix)}, number)
    if s.init == "stage1":
        for name in p:
            if name.startswith("E."):
                p[name] = first["F." + name[2:]].detach().clone()
            if name.startswith("G."):
                p[name] = first[f"auto.{name[2]}.draw.{name[4:]}"].detach().clone()
            if name.startswith("S."):
                p[name] = (first["auto.a." + name[2:]] + first["auto.b." + name[2:]]).detach() / 2
    return p


# ---- figures ----

SETTINGS = {
    "single": Setting(4, 20, 20, 0, 2, rate=1e-6),
    "published": Setting(2, 20, 20, 2, 2, "published", kl="noisy", discriminator="plain", init="none", rate=1e-6),
    "unmasked": Setting(2, 20, 20, 2, 2, mask=False, rate=1e-6),
    "plain_content": Setting(4, 20, 20, 0, 2, "none", rate=1e-6),
}
VGG_WIDTH = 2


def run(s):
    vgg = by_formula(vgg_shapes(VGG_WIDTH), 1000)
    p, k, c = by_formula(first_shapes(s), 0), 0, s.width << s.downsamplings
    rows = []
    for stage, updates in ((0, (0, 1) * 2), (1, (0, 1, 1, 1, 1, 1) * 2)):
        p = start(s, p) if stage else p
        training = Training(s, p, stage, vgg)
        for which in updates:
            both = numbers((2 * s.batch, 3, s.height, s.breadth), 3000 + k, 127.5, 127.5) / 127.5 - 1
            noise = [numbers((s.batch, c, s.height >> s.downsamplings, s.breadth >> s.downsamplings),
                             2000 + 8 * k + j, 0, 1.5) for j in range(4)]
            rows.append(training.update(which, {"a": both[:s.batch], "b": both[s.batch:]}, noise))
            k += 1
    return rows


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    print("// Two iterations of each stage of EGSC-IT by PyTorch: made by tests/reference/egsc_it.py, which says")
    print("// what is computed. A row an update: its terms in limn's order.")
    print("#ifndef LIMN_TESTS_EGSC_IT_EXPECTED_H\n#define LIMN_TESTS_EGSC_IT_EXPECTED_H\n")
    print("enum { EXPECTED_UPDATES = 16, EXPECTED_TERMS = 14 };\n")
    for name, setting in SETTINGS.items():
        print(f"static const double egsc_{name}[EXPECTED_UPDATES][EXPECTED_TERMS] = {{")
        for row in run(setting):
            print("    {" + ", ".join(f"{value:.9g}" for value in row.values()) + "},")
        print("};")
    print("\n#endif")


if __name__ == "__main__":
    main()
