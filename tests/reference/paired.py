"""Generators of pix2pix and CycleGAN by PyTorch: the twin of src/kinds/{resnet,unet}.c.

    .venv-peers/bin/python tests/reference/paired.py > tests/reference/paired_expected.h

writes small state dicts with made-up weights to tests/reference/paired/ as their program saves them, and what
they make of a picture, which tests/test_paired_import.c compares. With a program and pictures,

    .venv-peers/bin/python tests/reference/paired.py build/limn examples/chelsea.jpg ...

it makes whole networks of 64 channels, converts them by that program and prints how far its pictures are from
PyTorch's, on the pictures at 256x256 and at 190x133. Results have 8 bits, so that half a level is what rounding
alone may do.

The networks are written from /shared/spec/paired-networks.md, sections 2 to 4.
tools/check-format --fix lays the header out.
"""
import pathlib
import subprocess
import sys
import tempfile

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent / "paired"


def norm_of(kind, channels):
    """A list of the norm's module, or an empty one; old: an instance norm of 2017, with statistics."""
    if kind == "batch":
        return [nn.BatchNorm2d(channels)]
    if kind == "none":
        return []
    return [nn.InstanceNorm2d(channels, affine=False, track_running_stats=kind == "old")]


class Block(nn.Module):
    def __init__(self, c, norm, dropout):
        super().__init__()
        bias = norm in ("instance", "old")
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3, bias=bias), *(norm_of(norm, c) or [nn.Identity()]), nn.ReLU(),
            *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3, bias=bias), *(norm_of(norm, c) or [nn.Identity()]))

    def forward(self, x):
        return x + self.conv_block(x)


class ResNet(nn.Module):
    def __init__(self, c, blocks, norm, dropout=False, channels=3, out=3):
        super().__init__()
        bias = norm in ("instance", "old")
        after = lambda n: [*(norm_of(norm, n) or [nn.Identity()]), nn.ReLU()]
        parts = [nn.ReflectionPad2d(3), nn.Conv2d(channels, c, 7, bias=bias), *after(c)]
        for i in (1, 2):
            parts += [nn.Conv2d(c * i, 2 * c * i, 3, 2, 1, bias=bias), *after(2 * c * i)]
        parts += [Block(4 * c, norm, dropout) for _ in range(blocks)]
        for i in (2, 1):
            parts += [nn.ConvTranspose2d(2 * c * i, c * i, 3, 2, 1, 1, bias=bias), *after(c * i)]
        self.model = nn.Sequential(*parts, nn.ReflectionPad2d(3), nn.Conv2d(c, out, 7), nn.Tanh())

    def forward(self, x):
        return self.model(x)


class Level(nn.Module):
    def __init__(self, c, depth, number, norm, channels, out):
        super().__init__()
        bias = norm in ("instance", "old")
        inside = lambda l: c * min(2 ** l, 8)
        wide, outer = inside(number), inside(number - 1) if number else out
        if not number:
            self.model = nn.Sequential(
                nn.Conv2d(channels, wide, 4, 2, 1, bias=bias), Level(c, depth, 1, norm, channels, out), nn.ReLU(),
                nn.ConvTranspose2d(2 * wide, outer, 4, 2, 1), nn.Tanh())
        elif number == depth - 1:
            self.model = nn.Sequential(
                nn.LeakyReLU(0.2), nn.Conv2d(outer, wide, 4, 2, 1, bias=bias), nn.ReLU(),
                nn.ConvTranspose2d(wide, outer, 4, 2, 1, bias=bias), *norm_of(norm, outer))
        else:
            self.model = nn.Sequential(
                nn.LeakyReLU(0.2), nn.Conv2d(outer, wide, 4, 2, 1, bias=bias),
                *(norm_of(norm, wide) or [nn.Identity()]), Level(c, depth, number + 1, norm, channels, out),
                nn.ReLU(), nn.ConvTranspose2d(2 * wide, outer, 4, 2, 1, bias=bias), *norm_of(norm, outer))
        self.outermost = not number

    def forward(self, x):
        y = self.model(x)
        return y if self.outermost else torch.cat([x, y], 1)


class UNet(nn.Module):
    def __init__(self, c, depth, norm, channels=3, out=3):
        super().__init__()
        self.model = Level(c, depth, 0, norm, channels, out)

    def forward(self, x):
        return self.model(x)


def fill(network, seed):
    """Weights that keep values alive, and running statistics that are not the picture's."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        value = torch.randn(tensor.shape, generator=random)
        if tensor.dim() == 4:
            value = value * (1.5 / (tensor.shape[0 if "ConvT" in name else 1] * 9)) ** 0.5
        elif name.endswith("running_var"):
            value = 1 + value.abs()
        elif name.endswith(".weight"):
            value = 1 + 0.2 * value
        else:
            value = 0.1 * value
        tensor.copy_(value)


def show(network, rgb, running):
    """Their test run: in training mode without dropout, or by --eval."""
    network.train(not running)
    for module in network.modules():
        if isinstance(module, nn.Dropout) or (isinstance(module, nn.InstanceNorm2d) and module.track_running_stats):
            module.eval()
        if isinstance(module, nn.InstanceNorm2d):
            module.track_running_stats = False
            module.running_mean = module.running_var = None
    kept = {k: v.clone() for k, v in network.state_dict().items()}
    x = rgb / 127.5 - 1
    if next(network.parameters()).shape[1] == 1:
        x = (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    with torch.no_grad():
        y = network(x)
    network.load_state_dict(kept)
    return ((y + 1) * 127.5).expand(-1, 3, -1, -1)[:, :, :rgb.shape[2], :rgb.shape[3]]


def smooth(height, width):
    """smoothA of /shared/spec/metrics.md, 0."""
    y, x, c = torch.arange(height).view(1, -1, 1), torch.arange(width).view(1, 1, -1), torch.arange(3).view(-1, 1, 1)
    t = (3 * x + 5 * y + 40 * c) % 510
    return torch.minimum(t, 510 - t).clamp(0, 255).float()[None]


def save(network, name, prefix="", inside=None, legacy=False, half=False):
    state = {prefix + k: v.half() if half and v.is_floating_point() else v for k, v in network.state_dict().items()}
    torch.save({inside: state, "epoch": 3} if inside else state, HERE / (name + ".pth"),
               _use_new_zipfile_serialization=not legacy)


def small():
    """What is written, and which picture it is shown."""
    one, two = (30, 41), (128, 128)
    yield "resnet_instance", ResNet(2, 2, "instance"), one, {}
    yield "resnet_old_dropout", ResNet(2, 3, "old", True), one, {"legacy": True}
    yield "resnet_batch_dropout", ResNet(2, 2, "batch", True), one, {"prefix": "module."}
    yield "resnet_none_half", ResNet(2, 1, "none"), one, {"half": True}
    yield "resnet_grey", ResNet(2, 1, "instance", channels=1, out=1), one, {"inside": "netG", "legacy": True}
    yield "unet_batch", UNet(1, 7, "batch"), two, {"inside": "state_dict", "half": True}
    yield "unet_instance", UNet(1, 7, "instance"), two, {"legacy": True, "prefix": "module._orig_mod.", "half": True}
    yield "unet_none", UNet(1, 7, "none"), two, {"prefix": "_orig_mod.", "half": True}


def numbers(name, y):
    values = ", ".join(f"{v:.3f}" for v in y.flatten()[::97].tolist())
    print(f"static const float {name}[] = {{{values}}};")


def write_small():
    print("// Made by tests/reference/paired.py, which says what is computed: every 97th value of what the\n"
          "// networks make of smoothA, 0..255.\n"
          "#ifndef LIMN_TESTS_PAIRED_EXPECTED_H\n#define LIMN_TESTS_PAIRED_EXPECTED_H\n")
    for seed, (name, network, (height, width), how) in enumerate(small()):
        fill(network, seed)
        if how.get("half"):
            for tensor in network.state_dict().values():
                if tensor.is_floating_point():
                    tensor.copy_(tensor.half().float())
        save(network, name, **how)
        running = show(network, smooth(height, width), True) if "batch" in name else None
        numbers(name + "_expected", show(network, smooth(height, width), False))
        if running is not None:
            numbers(name + "_running_expected", running)
    print("\n#endif")


def whole():
    for norm in ("instance", "batch", "none"):
        for blocks in (9, 6):
            yield f"resnet-{blocks}blocks, {norm}", ResNet(64, blocks, norm, blocks == 6)
        yield f"unet-256, {norm}", UNet(64, 8, norm)
        yield f"unet-128, {norm}", UNet(64, 7, norm)


def padded(rgb, multiple):
    """Right and below by reflection."""
    height, width = rgb.shape[2:]
    return nn.functional.pad(rgb, (0, -width % multiple, 0, -height % multiple), mode="reflect")


def compare(limn, photos):
    from PIL import Image
    import numpy

    for seed, (name, network) in enumerate(whole()):
        fill(network, 100 + seed)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            torch.save(network.state_dict(), folder / "latest_net_G.pth")
            for statistics in ("picture", "running") if "batch" in name else ("picture",):
                more = ["--statistics", statistics] if "batch" in name else []
                subprocess.run([limn, "convert", folder / "latest_net_G.pth", "-o", folder / "m.safetensors", "--force",
                                *more], check=True, capture_output=True)
                for size in ((256, 256), (190, 133)):
                    worst, means = 0, []
                    for photo in photos:
                        Image.open(photo).convert("RGB").resize(size, Image.BICUBIC).save(folder / "in.png")
                        subprocess.run([limn, "translate", folder / "in.png", "-m", folder / "m.safetensors", "-o",
                                        folder / "out.png", "--size", "native", "--force"], check=True,
                                       capture_output=True)
                        rgb = torch.from_numpy(numpy.array(Image.open(folder / "in.png"))).permute(2, 0, 1)[None].float()
                        multiple = 1 if "resnet" in name else 256 if "256" in name else 128
                        wanted = show(network, padded(rgb, multiple), statistics == "running")
                        wanted = wanted[0, :, :size[1], :size[0]].permute(1, 2, 0).numpy()
                        found = numpy.array(Image.open(folder / "out.png")).astype(float)
                        worst = max(worst, numpy.abs(found - wanted).max())
                        means += [numpy.abs(found - wanted.round()).mean()]
                    print(f"{name}, {statistics}, {size[0]}x{size[1]}: mean {sum(means) / len(means):.4f} of rounded "
                          f"pictures, largest {worst:.3f} of one that is not", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    if len(sys.argv) > 2:
        compare(sys.argv[1], sys.argv[2:])
    else:
        write_small()
