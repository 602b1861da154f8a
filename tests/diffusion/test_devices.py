"""What the mathematics brings along goes to the device of what it is given.

Shown with torch's device without memory, which takes part in no operation with the processor's.
"""

from collections.abc import Callable

import pytest
import torch

from restore.diffusion.bound import discretised_log_likelihood, hybrid_loss, prior_term, step_term
from restore.diffusion.discrete import DiscreteProcess, Normal
from restore.diffusion.fusion import fuse
from restore.diffusion.guidance import classifier_free, classifier_guided
from restore.diffusion.losses import loss_weight
from restore.diffusion.parametrisation import convert
from restore.diffusion.preconditioning import precondition
from restore.diffusion.process import sigma_to_scales, snr
from restore.diffusion.reverse import fixed_variance, learned_variance
from restore.diffusion.schedule import cosine

PROCESS = DiscreteProcess.of(cosine(20))


def there(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


X, T = there(2, 3, 4, 5), there(2, dtype=torch.int64)
SIGMA = there(2, 1, 1, 1)
REVERSE = fixed_variance(PROCESS, lambda x_t, t: x_t)

CALLS: dict[str, Callable[[], torch.Tensor]] = {
    "forward": lambda: PROCESS.forward(X, T, X),
    "marginal": lambda: PROCESS.marginal(X, T).mean,
    "posterior": lambda: PROCESS.posterior(X, X, T).mean,
    "reverse": lambda: REVERSE(X, T).mean + REVERSE(X, T).variance,
    "learned_variance": lambda: learned_variance(PROCESS, X, T),
    "hybrid_loss": lambda: hybrid_loss(PROCESS, X, X, X, X, T),
    "step_term": lambda: step_term(PROCESS, REVERSE(X, T), X, X, T),
    "prior_term": lambda: prior_term(PROCESS, X),
    "decoder": lambda: discretised_log_likelihood(X, Normal(X, 0.1)),
    "convert": lambda: convert(X, X, SIGMA, "v", "F"),
    "precondition": lambda: precondition(SIGMA).c_out * X,
    "snr": lambda: snr(SIGMA) * sigma_to_scales(SIGMA)[0] * X,
    "loss_weight": lambda: loss_weight(SIGMA, "min_snr") * X,
    "fuse": lambda: fuse(X, 0.5, X, SIGMA).z,
    "classifier_free": lambda: classifier_free(fixed, fixed, 3.0, rescale=0.5)(X, 1.0),
    "classifier_guided": lambda: classifier_guided(fixed, fixed, 3.0)(X, 1.0),
}


def fixed(x: torch.Tensor, sigma: float) -> torch.Tensor:
    return sigma * x


@pytest.mark.parametrize("name", CALLS)
def test_what_is_computed_stays_on_the_device_and_in_the_precision(name: str) -> None:
    found = CALLS[name]()
    assert found.device.type == "meta"
    assert found.dtype == torch.float32
    assert len(found) == len(X)
