"""DSMAP and MUNIT by PyTorch: the twin of src/kinds/dsmap.c and src/methods/{dsmap,munit}.c.

    .venv-peers/bin/python tests/reference/dsmap.py > tests/reference/dsmap_expected.h

Ten iterations (D, then all others) of DSMAP, of DSMAP without mappings and of MUNIT, in float64, for 64 x 64
pictures, width 2, two blocks and batches of 2; tests/test_dsmap_step.c makes the same numbers and compares every term.
Nothing is computed that is not used (/shared/spec/domain-mapping.md, 3.2), so that `bench` can time it.

Parameters have limn's names and shapes. Element i of the tensor with number p is

    base + amplitude * (2 u - 1),   u = the fraction of 43758.5453 * sin(12.9898 * (i + 1) + 78.233 * p)

with p the place of its name among all names, sorted by bytes (the loss network's: 1000 + the place among its
own), base and amplitude: scales of norms 1 and 0.3, biases 0 and 0.1, others 0 and sqrt(6 / fan in), fan in
being the elements of one row. In iteration t, pictures (those of a, then of b) have number 3000 + t, base and
amplitude 127.5; the style of domain d for update u (0: D) has number 2000 + 4 t + 2 u + d, base 0 and
amplitude 2. Adam: rate 1e-6, betas 0.5 and 0.999, eps 1e-8, decay 1e-4. At a rate of 2e-4 this program in float32
and in float64 are two programs: their terms are up to 5 in 1000 apart after one step, 0.2 to 1.8 of the value at the
tenth (at 1e-5: 1 in 100; at 1e-6: 2 in 10,000), for so small networks have kinks at every turn, where a rounding is
an error of 1 in 100 in a gradient, and Adam makes all steps equal.
"""
import dataclasses
import math

import torch
from torch.nn import functional as F


@dataclasses.dataclass
class Setting:
    """What is trained; the names are those of limn's options."""
    method: str = "dsmap"
    width: int = 32
    size: int = 128
    batch: int = 2
    style: int = 8
    blocks: int = 4
    mapping: bool = True
    skip: bool = True
    contextual: str = "exemplar"
    content_steps: int = 1
    reconstruction: float = 10
    cycle: float = 5
    content: float = 2
    style_weight: float = 10
    domain: float = 2
    contextual_weight: float = 1
    perceptual: float = 0
    rate: float = 2e-4
    decay: float = 1e-4

    @property
    def munit(self):
        return self.method == "munit"


# ---- parameters ----

def shapes(s):
    """Names and shapes of all parameters."""
    w, c, table = s.width, 4 * s.width, {}

    def conv(name, out, inner, kernel):
        table[name + ".weight"], table[name + ".bias"] = (out, inner, kernel, kernel), (out,)

    def norm(name, channels):
        table[name + ".norm.weight"] = table[name + ".norm.bias"] = (channels,)

    def block(name):
        conv(name + ".conv1", c, c, 3)
        conv(name + ".conv2", c, c, 3)

    for d in "ab":
        conv(f"G.content.{d}.conv0", w, 3, 7)
        conv(f"G.content.{d}.conv1", 2 * w, w, 4)
        conv(f"G.content.{d}.conv2", c, 2 * w, 4)
        if not s.munit:
            conv(f"G.content.{d}.conv3", c, c, 4)
        for i in range(1, s.blocks + 1):
            block(f"G.content.{d}.block{i}")
            block(f"G.decoder.{d}.block{i}")
        if s.mapping and not s.munit:
            for part in ("up0", "down0"):
                conv(f"G.map.{d}.{part}", c, c, 3)
                norm(f"G.map.{d}.{part}", c)
        conv(f"G.style.{d}.conv0", w, 3, 7)
        for i, (out, inner) in enumerate(((2 * w, w), (c, 2 * w), (c, c), (c, c)), 1):
            conv(f"G.style.{d}.conv{i}", out, inner, 4)
        conv(f"G.style.{d}.conv5", s.style, c, 1)
        for i, (out, inner) in enumerate(((256, s.style), (256, 256), (s.blocks * 4 * c, 256))):
            table[f"G.mlp.{d}.fc{i}.weight"], table[f"G.mlp.{d}.fc{i}.bias"] = (out, inner), (out,)
        ups = [c, 2 * w, w] if s.munit else [c, c, 2 * w, w]
        for i in range(1, len(ups)):
            conv(f"G.decoder.{d}.up{i}", ups[i], ups[i - 1], 5)
            norm(f"G.decoder.{d}.up{i}", ups[i])
        conv(f"G.decoder.{d}.conv0", 3, w, 7)
        for scale in range(3):
            for i in range(4):
                conv(f"D.{d}.{scale}.conv{i}", w << i, 3 if i == 0 else w << (i - 1), 4)
            conv(f"D.{d}.{scale}.conv4", 1, 8 * w, 1)
    if not s.munit:
        block("G.content.shared")
    return table


VGG19 = ((2, 1), (2, 2), (4, 4), (4, 8), (4, 8))  # convolutions of a block, channels for one of the first


def vgg_layers(layer, width):
    """(index of the convolution, channels), "pool" between blocks, up to reluB_N."""
    block, number = (int(part) for part in layer[4:].split("_"))
    index, inner, layers = 0, 3, []
    for b, (count, factor) in enumerate(VGG19, 1):
        for k in range(1, count + 1):
            layers.append((index, width * factor, inner))
            index, inner = index + 2, width * factor
            if (b, k) == (block, number):
                return layers
        layers.append("pool")
        index += 1


def vgg_shapes(layer, width):
    table = {}
    for it in vgg_layers(layer, width):
        if it != "pool":
            table[f"features.{it[0]}.weight"], table[f"features.{it[0]}.bias"] = (it[1], it[2], 3, 3), (it[1],)
    return table


def numbers(shape, p, base=0.0, amplitude=1.0):
    i = torch.arange(1, math.prod(shape) + 1, dtype=torch.float64)
    u = 43758.5453 * torch.sin(12.9898 * i + 78.233 * p)
    return (base + amplitude * (2 * (u - torch.floor(u)) - 1)).reshape(shape)


def by_formula(table, first=0):
    values = {}
    for p, name in enumerate(sorted(table), first):
        shape = table[name]
        base, amplitude = 0.0, math.sqrt(6 / math.prod(shape[1:]))
        if name.endswith("bias"):
            amplitude = 0.1
        elif ".norm." in name:
            base, amplitude = 1.0, 0.3
        values[name] = numbers(shape, p, base, amplitude)
    return values


# ---- networks ----

class Networks:
    """All networks of a setting; p: parameters by name, d: a domain's letter."""

    def __init__(self, setting, p, vgg=None, vgg_layer=None, vgg_width=64):
        self.s, self.p, self.vgg = setting, p, vgg
        self.vgg_layers = vgg_layers(vgg_layer, vgg_width) if vgg else None

    def conv(self, name, x, stride=1, pad=0):
        if pad:
            x = F.pad(x, (pad,) * 4, mode="reflect")
        return F.conv2d(x, self.p[name + ".weight"], self.p[name + ".bias"], stride=stride)

    def layer_norm(self, name, x):
        if self.s.munit:
            flat = x.flatten(1)
            mean, std = flat.mean(1), flat.std(1)
            x = (x - mean[:, None, None, None]) / (std[:, None, None, None] + 1e-5)
        else:
            x = F.layer_norm(x, x.shape[1:], eps=1e-5)
        return x * self.p[name + ".norm.weight"][:, None, None] + self.p[name + ".norm.bias"][:, None, None]

    def block(self, name, x, slope=0.0):
        y = F.leaky_relu(F.instance_norm(self.conv(name + ".conv1", x, pad=1)), slope)
        return x + F.instance_norm(self.conv(name + ".conv2", y, pad=1))

    def content(self, d, x):
        """(before the last halving, the domain's own, shared)"""
        name = f"G.content.{d}"
        x = self.conv(name + ".conv0", x, pad=3)
        x = F.relu(F.instance_norm(x)) if self.s.munit else F.leaky_relu(x, 0.01)
        for i in (1, 2):
            x = F.relu(F.instance_norm(self.conv(f"{name}.conv{i}", x, 2, 1)))
        before = x
        if not self.s.munit:
            x = F.relu(F.instance_norm(self.conv(name + ".conv3", x, 2, 1)))
        for i in range(1, self.s.blocks + 1):
            x = self.block(f"{name}.block{i}", x)
        return before, x, x if self.s.munit else self.block("G.content.shared", x, 0.01)

    def map(self, d, content):
        before, _, x = content
        if not self.s.mapping or self.s.munit:
            return x
        up, down = f"G.map.{d}.up0", f"G.map.{d}.down0"
        x = F.conv_transpose2d(x, self.p[up + ".weight"], self.p[up + ".bias"], 2, 1, 1)
        x = F.relu(self.layer_norm(up, x))
        if self.s.skip:
            x = x + before
        return self.layer_norm(down, F.conv2d(x, self.p[down + ".weight"], self.p[down + ".bias"], 2, 1))

    def style(self, d, x):
        x = F.relu(self.conv(f"G.style.{d}.conv0", x, pad=3))
        for i in range(1, 5):
            x = F.relu(self.conv(f"G.style.{d}.conv{i}", x, 2, 1))
        return self.conv(f"G.style.{d}.conv5", x.mean((2, 3), keepdim=True)).flatten(1)

    def decode(self, d, x, style):
        def linear(i, v):
            return F.linear(v, self.p[f"G.mlp.{d}.fc{i}.weight"], self.p[f"G.mlp.{d}.fc{i}.bias"])

        each = linear(2, F.relu(linear(1, F.relu(linear(0, style)))))
        each = each.reshape(each.shape[0], 2 * self.s.blocks, 2, -1, 1, 1)  # norm; shift, scale; channel

        def adain(index, v):
            return F.instance_norm(v) * each[:, index, 1] + each[:, index, 0]

        name = f"G.decoder.{d}"
        for i in range(self.s.blocks):
            y = F.relu(adain(2 * i, self.conv(f"{name}.block{i + 1}.conv1", x, pad=1)))
            x = x + adain(2 * i + 1, self.conv(f"{name}.block{i + 1}.conv2", y, pad=1))
        for i in range(1, 3 if self.s.munit else 4):
            x = self.conv(f"{name}.up{i}", F.interpolate(x, scale_factor=2), pad=2)
            x = F.relu(self.layer_norm(f"{name}.up{i}", x))
        return torch.tanh(self.conv(name + ".conv0", x, pad=3))

    def judge(self, d, x):
        found = []
        for scale in range(3):
            if scale:
                x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
            y = x
            for i in range(4):
                y = F.leaky_relu(self.conv(f"D.{d}.{scale}.conv{i}", y, 2, 1), 0.2 if self.s.munit else 0.01)
            found.append(self.conv(f"D.{d}.{scale}.conv4", y))
        return found

    def features(self, x):
        x = (x + 1) * 127.5
        x = x.flip(1) - torch.tensor([103.939, 116.779, 123.68], dtype=x.dtype).reshape(3, 1, 1)
        for it in self.vgg_layers:
            if it == "pool":
                x = F.max_pool2d(x, 2)
            else:
                name = f"features.{it[0]}"
                x = F.relu(F.conv2d(x, self.vgg[name + ".weight"], self.vgg[name + ".bias"], padding=1))
        return x


# ---- losses ----

def l1(a, b):
    return (a - b).abs().mean()


def lsgan(maps, wanted):
    return sum(((m - wanted) ** 2).mean() for m in maps)


def answer(maps):
    return sum(m.mean() for m in maps) / 3


def contextual(x, y, width=0.5):
    mean = y.mean((0, 2, 3), keepdim=True)
    x, y = (F.normalize(v - mean, dim=1, eps=1e-8).flatten(2) for v in (x, y))
    d = (1 - x.transpose(1, 2) @ y).clamp(min=0)
    like = torch.softmax(-d / (d.min(2, keepdim=True).values + 1e-5) / width, 2)
    return -torch.log(like.max(1).values.mean(1) + 1e-5).mean()


# Terms: {name: (value, weight)}, in limn's order.

def discriminators(net, x, chance):
    terms = {}
    with torch.no_grad():
        contents = {d: net.content(d, x[d]) for d in "ab"}
        fakes = {}
        for d, other in ("ab", "ba"):
            mapped = net.map(d, contents[other])
            fakes[d] = [] if net.s.munit else [net.decode(d, mapped, net.style(d, x[d]))]
            fakes[d].append(net.decode(d, mapped, chance[d]))
    for d in "ab":
        real, fake = net.judge(d, x[d]), [net.judge(d, v) for v in fakes[d]]
        terms[f"D real {d}"] = lsgan(real, 1), len(fake)
        terms[f"D fake {d}"] = lsgan(fake[0], 0), 1
        if not net.s.munit:
            terms[f"D random {d}"] = lsgan(fake[1], 0), 1
        terms[f"D of real {d}"] = answer(real), 0
        terms[f"D of fake {d}"] = answer(fake[0]), 0
    return terms


def dsmap_generators(net, x, chance):
    s, terms = net.s, {}
    content = {d: net.content(d, x[d]) for d in "ab"}
    style = {d: net.style(d, x[d]) for d in "ab"}
    other = {"a": "b", "b": "a"}
    into = {d: net.map(d, content[other[d]]) for d in "ab"}
    own = {d: net.map(d, content[d]) for d in "ab"} if s.mapping else {d: content[d][2] for d in "ab"}
    made = {d: net.decode(d, into[d], style[d]) for d in "ab"}
    random = {d: net.decode(d, into[d], chance[d]) for d in "ab"}
    again = {d: net.content(d, made[d]) for d in "ab"}
    style_again = {d: net.style(d, made[d]) for d in "ab"}
    for d in "ab":
        o = other[d]
        terms[f"G {d}"] = lsgan(net.judge(d, made[d]), 1), 1
        terms[f"G random {d}"] = lsgan(net.judge(d, random[d]), 1), 1
        terms[f"reconstruction {d}"] = l1(net.decode(d, own[d], style[d]), x[d]), s.reconstruction
        back = net.decode(d, net.map(d, again[o]), style_again[d])
        terms[f"cycle {d}"] = l1(back, x[d]), s.cycle
        terms[f"content {d}"] = l1(again[o][2], content[d][2]), s.content
        terms[f"content random {d}"] = l1(net.content(o, random[o])[2], content[d][2]), s.content
        if s.mapping:
            terms[f"domain {d}"] = l1(content[d][1], own[d]), s.domain
        terms[f"style {d}"] = l1(net.style(d, random[d]), chance[d]), s.style_weight
    for d in "ab":
        if s.contextual == "none":
            break
        with torch.no_grad():
            wanted = net.features(x[d])
        terms[f"contextual {d}"] = contextual(net.features(made[d]), wanted), s.contextual_weight
        if s.contextual == "all":
            terms[f"contextual random {d}"] = (contextual(net.features(random[d]), wanted),
                                               s.contextual_weight)
    return terms


def munit_generators(net, x, chance):
    s, terms = net.s, {}
    content = {d: net.content(d, x[d])[2] for d in "ab"}
    style = {d: net.style(d, x[d]) for d in "ab"}
    made = {"a": net.decode("a", content["b"], chance["a"]), "b": net.decode("b", content["a"], chance["b"])}
    again = {d: net.content(d, made[d])[2] for d in "ab"}
    for d, other in ("ab", "ba"):
        terms[f"G {d}"] = lsgan(net.judge(d, made[d]), 1), 1
        terms[f"reconstruction {d}"] = l1(net.decode(d, content[d], style[d]), x[d]), s.reconstruction
        terms[f"content {d}"] = l1(again[other], content[d]), s.content
        terms[f"style {d}"] = l1(net.style(d, made[d]), chance[d]), s.style_weight
        if s.cycle:
            terms[f"cycle {d}"] = l1(net.decode(d, again[other], style[d]), x[d]), s.cycle
        if s.perceptual:
            pair = [F.instance_norm(net.features(v)) for v in (made[d], x[other])]
            terms[f"perceptual {d}"] = F.mse_loss(*pair), s.perceptual
    return terms


class Adam:
    """Adam with the decay in the gradient. Parameters that are in it twice are stepped twice, and the decay
    of both steps is in the second one's gradient, as PyTorch did it then."""

    def __init__(self, p, rate, decay, twice=lambda name: False):
        self.p, self.rate, self.decay, self.twice = p, rate, decay, twice
        self.state = {name: [0, torch.zeros_like(v), torch.zeros_like(v)] for name, v in p.items()}

    @torch.no_grad()
    def step(self):
        for name, value in self.p.items():
            if value.grad is None:
                continue
            state = self.state[name]
            for _ in range(2 if self.twice(name) else 1):
                value.grad.add_(value, alpha=self.decay)
                state[0] += 1
                state[1].lerp_(value.grad, 0.5)
                state[2].mul_(0.999).addcmul_(value.grad, value.grad, value=0.001)
                rate = self.rate / (1 - 0.5 ** state[0])
                root = (state[2] / (1 - 0.999 ** state[0])).sqrt_().add_(1e-8)
                value.addcdiv_(state[1], root, value=-rate)


class Training:
    def __init__(self, setting, p, **vgg):
        self.net = Networks(setting, p, **vgg)
        groups = [{n: v for n, v in p.items() if n.startswith(letter)} for letter in "DG"]
        twice = setting.content_steps == 2
        self.adam = [Adam(groups[0], setting.rate, setting.decay),
                     Adam(groups[1], setting.rate, setting.decay, lambda n: twice and n.startswith("G.content."))]

    def iteration(self, x, chance):
        """x: a picture in -1..1 for each domain, chance: styles for each update and domain. All terms."""
        generators = munit_generators if self.net.s.munit else dsmap_generators
        found = []
        for which, objective in enumerate((discriminators, generators)):
            for name, value in self.net.p.items():  # D's weights are held while G is trained
                value.grad = None
                value.requires_grad_(name.startswith("DG"[which]))
            terms = objective(self.net, x, chance[which])
            sum(weight * value for value, weight in terms.values() if weight).backward()
            self.adam[which].step()
            found.append({name: value.item() for name, (value, _) in terms.items()})
        return found


# ---- figures ----

TINY = {"width": 2, "size": 64, "blocks": 2, "rate": 1e-6}
SETTINGS = {
    "dsmap": Setting(**TINY),
    "unmapped": Setting(**TINY, mapping=False, contextual="all", content_steps=2),
    "munit": Setting("munit", **TINY, cycle=10, content=1, style_weight=1, perceptual=1),
}
ITERATIONS, VGG_LAYER, VGG_WIDTH = 10, "relu4_1", 2
GROUPS = ("D.", "G.content.", "G.map.", "G.style.", "G.mlp.", "G.decoder.")


def run(setting):
    """The terms of each iteration; then, for each group, how far its weights have moved, over the rate."""
    vgg = by_formula(vgg_shapes(VGG_LAYER, VGG_WIDTH), 1000)
    training = Training(setting, by_formula(shapes(setting)), vgg=vgg, vgg_layer=VGG_LAYER, vgg_width=VGG_WIDTH)
    first = {name: value.detach().clone() for name, value in training.net.p.items()}
    for t in range(ITERATIONS):
        pictures = numbers((2 * setting.batch, 3, setting.size, setting.size), 3000 + t, 127.5, 127.5) / 127.5 - 1
        x = {"a": pictures[:setting.batch], "b": pictures[setting.batch:]}
        chance = [{d: numbers((setting.batch, setting.style), 2000 + 4 * t + 2 * u + i, 0, 2)
                   for i, d in enumerate("ab")} for u in range(2)]
        yield training.iteration(x, chance)
    moved = []
    for group in GROUPS:
        each = [(training.net.p[name].detach() - first[name]).flatten() for name in sorted(first)
                if name.startswith(group) and name.endswith("weight")]
        moved.append(torch.cat(each).square().mean().sqrt().item() / setting.rate if each else 0)
    yield moved


@torch.no_grad()
def translated(setting):
    """Of both directions (into a, into b): every 97th value of picture 5000 in the style of 5001, 0..255."""
    net = Networks(setting, by_formula(shapes(setting)))
    picture, exemplar = (numbers((1, 3, setting.size, setting.size), n, 127.5, 127.5) / 127.5 - 1
                         for n in (5000, 5001))
    for to, of in ("ab", "ba"):
        y = net.decode(to, net.map(to, net.content(of, picture)) if not setting.munit else
                       net.content(of, picture)[2], net.style(to, exemplar))
        yield ((y + 1) * 127.5).flatten()[::97].tolist()


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    print("// Ten iterations of DSMAP and of MUNIT by PyTorch: made by tests/reference/dsmap.py, which says what")
    print("// is computed. Discriminators, then all others; terms in limn's order.")
    print("#ifndef LIMN_TESTS_DSMAP_EXPECTED_H\n#define LIMN_TESTS_DSMAP_EXPECTED_H\n")
    print(f"enum {{ EXPECTED_ITERATIONS = {ITERATIONS} }};")
    for name, setting in SETTINGS.items():
        *rows, moved = run(setting)
        for which, update in enumerate(("discriminators", "generators")):
            terms = list(rows[0][which])
            print(f"\nstatic const char *const {name}_{update}_terms[] = {{")
            print("    " + ", ".join(f'"{term}"' for term in terms) + "};")
            print(f"static const double {name}_{update}[EXPECTED_ITERATIONS][{len(terms)}] = {{")
            for row in rows:
                print("    {" + ", ".join(f"{value:.9g}" for value in row[which].values()) + "},")
            print("};")
        print(f"static const double {name}_moved[] = {{" + ", ".join(f"{value:.6g}" for value in moved) + "};")
    for method in ("dsmap", "munit"):
        rows = list(translated(Setting(method, width=4, size=64)))
        print(f"\n// Every 97th value of a picture, width 4 and four blocks, into a and into b.")
        print(f"static const double {method}_translated[2][{len(rows[0])}] = {{")
        for row in rows:
            print("    {" + ", ".join(f"{value:.6g}" for value in row) + "},")
        print("};")
    print("\n#endif")


if __name__ == "__main__":
    main()
