"""Which domain is this picture of? A small network that learns it from real pictures, for
bench/translation.py: it has never seen what it is to judge, nor a picture that limn made.

Each layer halves a picture: 3x3 convolution with stride 2, batch norm, relu; then the mean over all
places and a dense layer. Pictures are mirrored and shifted by a few pixels while it learns, and
counted from -1 to 1.
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional

CHANNELS = [24, 48, 96, 128]
BATCH, SHIFT = 64, 4  # SHIFT: pixels at most, edges repeated


def layer(before, after):
    return nn.Sequential(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after),
                         nn.ReLU())


def network(classes):
    layers = [layer(before, after) for before, after in zip([3] + CHANNELS, CHANNELS)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2),
                         nn.Linear(CHANNELS[-1], classes))


def scaled(pictures):
    return torch.as_tensor(np.ascontiguousarray(pictures), dtype=torch.float32) / 127.5 - 1


def varied(picture, chance):
    """Mirrored or not, then shifted."""
    if chance.random() < 0.5:
        picture = picture[:, :, ::-1]
    size = picture.shape[-1]
    top, left = chance.integers(0, 2 * SHIFT + 1, 2)
    wide = np.pad(picture, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)), "edge")
    return wide[:, top:top + size, left:left + size]


class Classifier:
    """classifier(pictures in 0..255) -> the class of each. `sets`: the pictures of each class."""

    def __init__(self, sets, seed, epochs, threads):
        torch.set_num_threads(threads)
        torch.manual_seed(seed)
        self.network = network(len(sets))
        pictures = np.concatenate(sets)
        labels = torch.as_tensor(np.repeat(np.arange(len(sets)), [len(one) for one in sets]))
        self.learn(pictures, labels, np.random.default_rng(seed), epochs)

    def learn(self, pictures, labels, chance, epochs):
        """Adam with a rate that rises to 4e-3 and falls to nothing (one cycle)."""
        batches = len(pictures) // BATCH or 1
        adam = torch.optim.AdamW(self.network.parameters(), weight_decay=1e-2)
        rate = torch.optim.lr_scheduler.OneCycleLR(adam, 4e-3, max(epochs * batches, 10))
        self.network.train()
        for _ in range(epochs):
            for places in np.array_split(chance.permutation(len(pictures)), batches):
                x = scaled(np.stack([varied(pictures[i], chance) for i in places]))
                adam.zero_grad()
                functional.cross_entropy(self.network(x), labels[places]).backward()
                adam.step()
                rate.step()
        self.network.eval()

    def __call__(self, pictures):
        with torch.inference_mode():
            return torch.cat([self.network(part).argmax(1)
                              for part in scaled(pictures).split(256)]).numpy()
