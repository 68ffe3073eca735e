"""What `limn train style` computes, in PyTorch: the objective of Johnson 2016 with VGG-19, and its step.

Used to compare speed (bench/peers train) and losses (tests/reference/train.py).
"""
import time

import numpy as np
import torch
from torch.nn import functional

from peers_network import read_safetensors, torch_network

TAPS = {"relu1_2": 2, "relu2_2": 7, "relu3_3": 14, "relu4_3": 23}  # convolution before it
WEIGHTS = {"content": 1.0, "relu1_2": 5.0, "relu2_2": 5.0, "relu3_3": 5.0, "relu4_3": 5.0, "tv": 1e-6}
MEAN_BGR = [103.939, 116.779, 123.68]


class Vgg19(torch.nn.Module):
    """VGG-19 with torchvision's names, as far as relu4_3; pictures RGB 0..255."""

    def __init__(self, path, dtype):
        super().__init__()
        tensors = read_safetensors(path)
        self.layers = []
        index = 0
        for block, count in enumerate([2, 2, 4, 4]):
            for _ in range(count):
                for kind in "weight", "bias":
                    value = torch.from_numpy(tensors[f"features.{index}.{kind}"]).to(dtype)
                    self.register_buffer(f"{kind}_{index}", value)
                self.layers.append(index)
                index += 2
            self.layers.append("pool")
            index += 1
        self.register_buffer("mean", torch.tensor(MEAN_BGR, dtype=dtype).reshape(1, 3, 1, 1))

    def forward(self, rgb, last):
        x, found = rgb.flip(1) - self.mean, {}
        for layer in self.layers:
            if layer == "pool":
                x = functional.max_pool2d(x, 2)
                continue
            weight, bias = getattr(self, f"weight_{layer}"), getattr(self, f"bias_{layer}")
            x = torch.relu(functional.conv2d(x, weight, bias, padding=1))
            for tap, index in TAPS.items():
                if index == layer:
                    found[tap] = x
                    if tap == last:
                        return found
        return found


def gram(x):
    n, c, h, w = x.shape
    x = x.reshape(n, c, h * w)
    return x @ x.transpose(1, 2) / (c * h * w)


class Training:
    """Network, loss network and Adam; step(batch) gives the terms before the step."""

    def __init__(self, weights, vgg, style, dtype=torch.float32, compiled=False):
        self.network = torch_network(weights).to(dtype).train()
        self.vgg = Vgg19(vgg, dtype)
        with torch.no_grad():
            features = self.vgg(torch.as_tensor(style, dtype=dtype), "relu4_3")
        self.targets = {tap: gram(value) for tap, value in features.items()}
        self.adam = torch.optim.Adam(self.network.parameters(), lr=1e-3)
        self.dtype = dtype
        self.objective = torch.compile(self.terms) if compiled else self.terms

    def terms(self, x):
        y = self.network(x)
        features = self.vgg(y, "relu4_3")
        with torch.no_grad():
            wanted = self.vgg(x, "relu3_3")["relu3_3"]
        terms = {"content": functional.mse_loss(features["relu3_3"], wanted)}
        for tap in TAPS:
            g = gram(features[tap])
            terms[tap] = functional.mse_loss(g, self.targets[tap].expand_as(g))
        right = y[:, :, :-1, :-1] - y[:, :, :-1, 1:]
        below = y[:, :, :-1, :-1] - y[:, :, 1:, :-1]
        terms["tv"] = 0.5 * ((right**2).sum() + (below**2).sum())
        return terms

    def step(self, batch):
        self.adam.zero_grad()
        terms = self.objective(torch.as_tensor(batch, dtype=self.dtype))
        sum(WEIGHTS[name] * value for name, value in terms.items()).backward()
        self.adam.step()
        return {name: value.item() for name, value in terms.items()}


def seconds_a_step(training, batch, steps):
    """Seconds of each of `steps` steps, after two to warm up."""
    seconds = []
    for _ in range(steps + 2):
        begin = time.perf_counter()
        training.step(batch)
        seconds.append(time.perf_counter() - begin)
    return seconds[2:]


def picture(path, longer=None):
    from PIL import Image

    image = Image.open(path).convert("RGB")
    if longer and max(image.size) > longer:
        scale = longer / max(image.size)
        image = image.resize([round(side * scale) for side in image.size], Image.BICUBIC)
    return np.asarray(image, np.float32).transpose(2, 0, 1)[None]
