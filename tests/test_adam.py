"""Adam against torch's own optimiser, to the bit."""

from __future__ import annotations

import torch

from cliprl_lite.adam import Adam


def test_it_is_torchs_adam() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, 4), (5,)]
    ours = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    theirs = [part.clone().requires_grad_() for part in ours]
    optimiser = torch.optim.Adam(theirs, lr=0.01, fused=True)
    adam = Adam(ours, learning_rate=0.01)
    for _ in range(20):
        gradients = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
        for part, gradient in zip(theirs, gradients, strict=True):
            part.grad = gradient.clone()
        optimiser.step()
        adam.step(ours, gradients)
    for mine, its in zip(ours, theirs, strict=True):
        assert torch.equal(mine, its.detach())
