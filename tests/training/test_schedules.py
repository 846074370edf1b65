from typing import Any

import pytest
import torch

from fakeface.errors import UserError
from fakeface.training.schedules import WarmupCosine


def test_it_rises_and_falls() -> None:
    schedule = WarmupCosine(warmup=0.1, floor=0.1)
    # 100 steps, of which 10 rise: 1/10, 2/10 ... 1; halfway through the rest 0.1 + 0.9 / 2.
    assert schedule.factor(0, 100) == pytest.approx(0.1)
    assert schedule.factor(4, 100) == pytest.approx(0.5)
    assert schedule.factor(10, 100) == pytest.approx(1.0)
    assert schedule.factor(55, 100) == pytest.approx(0.55)
    assert schedule.factor(100, 100) == pytest.approx(0.1)


def test_it_steps_every_group_from_its_own_rate() -> None:
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups: list[dict[str, Any]] = [{"params": [parameters[0]], "lr": 0.5}, {"params": [parameters[1]]}]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    scheduler = WarmupCosine(warmup=0.5, floor=0.0)(optimizer, 4)
    rates = []
    for _ in range(4):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    assert rates == [pytest.approx([0.5 * factor, factor]) for factor in (0.5, 1.0, 1.0, 0.5)]


@pytest.mark.parametrize("arguments", [{"warmup": 1.0}, {"warmup": -0.1}, {"floor": 1.5}])
def test_shares_must_be_shares(arguments: dict[str, float]) -> None:
    with pytest.raises(UserError, match="choose shares from 0 to 1"):
        WarmupCosine(**arguments)
