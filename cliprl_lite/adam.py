"""Adam (Kingma & Ba 2015), by torch, for all that is trained here: alignments and networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

RATES = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
"""The usual decay rates of both running means, and what keeps a step from dividing by zero."""


class Adam:
    """What Adam remembers of some parameters, with its usual decay `RATES`.

    The function behind `torch.optim.Adam` does the work: its class would load a compiler first.

    Args:
        parameters: tensors of any shapes; only their shapes are looked at.
        learning_rate: of every step.

    Attributes:
        means: running means of the gradients, shaped like the parameters.
        squares: running means of their squares.

    Example: the first step is as long as the learning rate, whatever the gradient.
        >>> import torch
        >>> x = [torch.tensor([1.0, 1.0])]
        >>> Adam(x, learning_rate=0.5).step(x, [torch.tensor([3.0, -0.1])])
        >>> x[0].tolist()
        [0.5, 1.5]
    """

    def __init__(self, parameters: list[Tensor], learning_rate: float) -> None:
        import torch

        self.learning_rate = learning_rate
        self.means, self.squares = (
            [torch.zeros_like(part, requires_grad=False) for part in parameters] for _ in range(2)
        )
        self.counts = [torch.tensor(0.0) for _ in parameters]

    def step(self, parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Change the parameters in place, against their gradients."""
        import torch
        from torch.optim.adam import adam

        with torch.no_grad():
            adam(
                parameters,
                gradients,
                self.means,
                self.squares,
                [],
                self.counts,
                lr=self.learning_rate,
                beta1=RATES["beta1"],
                beta2=RATES["beta2"],
                eps=RATES["eps"],
                weight_decay=0.0,
                amsgrad=False,
                maximize=False,
                fused=True,
            )
