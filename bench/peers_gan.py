"""What an iteration of step 1 of `limn train two-step` computes, in PyTorch as one writes it there.

tests/reference/two_step.py has these networks too, but to be compared with, not timed: norms spelt
out, and gradients of G where only D learns. Timing that would flatter limn. Padding is PyTorch's,
two before and one behind where limn has one and two: the same networks for mirrored pictures, and
spares PyTorch a copy in front of each convolution. Used by bench/peers two-step.
"""
import torch
from torch import nn
from torch.nn import functional

SIZE, FIRST, LAYERS, KERNEL = 64, 4, 4, 5  # FIRST: rows and columns where the generator begins
DOMAINS, LATENT, EMBEDDING = 3, 100, 5


class Generator(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.channels = [width << i for i in reversed(range(LAYERS))]
        self.code = nn.Embedding(DOMAINS, EMBEDDING)
        self.dense = nn.Linear(LATENT + EMBEDDING, self.channels[0] * FIRST**2, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in self.channels)
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(before, after, KERNEL, 2, 2, output_padding=1, bias=after == 3)
            for before, after in zip(self.channels, self.channels[1:] + [3]))

    def forward(self, z, labels):
        x = self.dense(torch.cat([z, self.code(labels)], 1))
        x = x.reshape(-1, self.channels[0], FIRST, FIRST)
        for norm, up in zip(self.norms, self.ups):
            x = up(functional.relu(norm(x), inplace=True))
        return torch.tanh(x)


class Discriminator(nn.Module):
    def __init__(self, width):
        super().__init__()
        channels = [3] + [width // 2 << i for i in range(LAYERS)]
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, KERNEL, 2, 2, bias=before == 3)
            for before, after in zip(channels, channels[1:]))
        self.norms = nn.ModuleList(
            [nn.Identity()] + [nn.BatchNorm2d(count) for count in channels[2:]])
        self.real = nn.Linear(channels[-1] * FIRST**2, 1)
        self.domain = nn.Linear(channels[-1] * FIRST**2, DOMAINS)

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = functional.leaky_relu(norm(conv(x)), 0.2, inplace=True)
        x = x.flatten(1)
        return self.real(x), self.domain(x)


def bce(logits, target):
    wanted = torch.full_like(logits, target)
    return functional.binary_cross_entropy_with_logits(logits, wanted)


class Training:
    """Both networks and their Adam; step(pictures in -1..1, as many of each domain in turn)."""

    def __init__(self, width, batch, compiled=False):
        torch.manual_seed(0)
        self.generator, self.discriminator = Generator(width), Discriminator(width)
        self.adam = {network: torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999),
                                               fused=True)
                     for network in (self.generator, self.discriminator)}
        self.labels = torch.arange(batch) // (batch // DOMAINS)
        prepare = torch.compile if compiled else lambda function: function
        self.of_discriminator = prepare(self.discriminator_loss)
        self.of_generator = prepare(self.generator_loss)

    def discriminator_loss(self, x, z):
        fake, _ = self.discriminator(self.generator(z, self.labels))
        real, domain = self.discriminator(x)
        return bce(real, 1.0) + bce(fake, 0.0) + functional.cross_entropy(domain, self.labels)

    def generator_loss(self, z):
        fake, domain = self.discriminator(self.generator(z, self.labels))
        return bce(fake, 1.0) + functional.cross_entropy(domain, self.labels)

    def update(self, learner, other, loss, *given):
        """One update of `learner`; gradients of the other's parameters are not computed."""
        learner.requires_grad_(True)
        other.requires_grad_(False)
        self.adam[learner].zero_grad()
        loss(*given).backward()
        self.adam[learner].step()

    def step(self, batch):
        x, z = torch.as_tensor(batch), torch.randn(len(batch), LATENT)
        self.update(self.discriminator, self.generator, self.of_discriminator, x, z)
        for _ in range(2):
            self.update(self.generator, self.discriminator, self.of_generator, z)
