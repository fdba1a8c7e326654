"""The schedulers of torch with their options, and the loops that they are tried in."""

from __future__ import annotations

from collections.abc import Mapping

#: Constructions; `optimizer` is the first argument.
SCHEDULERS = (
    "StepLR(optimizer, 3)",
    "StepLR(optimizer, step_size=5, gamma=0.5)",
    "MultiStepLR(optimizer, [3, 7, 7, 12])",
    "MultiStepLR(optimizer, milestones=[2, 20], gamma=0.3)",
    "ConstantLR(optimizer)",
    "ConstantLR(optimizer, factor=0.5, total_iters=9)",
    "LinearLR(optimizer)",
    "LinearLR(optimizer, start_factor=0.25, end_factor=0.75, total_iters=12)",
    "ExponentialLR(optimizer, 0.9)",
    "ExponentialLR(optimizer, gamma=1.05)",
    "PolynomialLR(optimizer)",
    "PolynomialLR(optimizer, total_iters=20, power=2.5)",
    "CosineAnnealingLR(optimizer, 7)",
    "CosineAnnealingLR(optimizer, T_max=30, eta_min=0.001)",
    "CosineAnnealingWarmRestarts(optimizer, 4)",
    "CosineAnnealingWarmRestarts(optimizer, T_0=3, T_mult=2, eta_min=0.002)",
    "LambdaLR(optimizer, lambda epoch: 0.95**epoch)",
    "LambdaLR(optimizer, lr_lambda=lambda epoch: min(1.0, (epoch + 1) / 10))",
    "MultiplicativeLR(optimizer, lambda epoch: 0.97)",
    "MultiplicativeLR(optimizer, lr_lambda=lambda epoch: 1 + 0.1 / epoch)",
    "CyclicLR(optimizer, 0.001, 0.1, step_size_up=4)",
    "CyclicLR(optimizer, base_lr=0.001, max_lr=0.1, step_size_up=4, step_size_down=7, mode='triangular2')",
    "CyclicLR(optimizer, 0.001, 0.1, step_size_up=5, mode='exp_range', gamma=0.95, cycle_momentum=False)",
    "CyclicLR(optimizer, 0.001, 0.1, step_size_up=6, base_momentum=0.7, max_momentum=0.95)",
    "CyclicLR(optimizer, 0.001, 0.1, step_size_up=3, scale_fn=lambda cycle: 0.9**cycle, cycle_momentum=False)",
    "OneCycleLR(optimizer, 0.1, total_steps=60)",
    "OneCycleLR(optimizer, max_lr=0.1, epochs=4, steps_per_epoch=15, anneal_strategy='linear')",
    "OneCycleLR(optimizer, 0.1, total_steps=50, pct_start=0.2, three_phase=True, div_factor=10, final_div_factor=100)",
    "OneCycleLR(optimizer, 0.1, total_steps=45, cycle_momentum=False)",
    "OneCycleLR(optimizer, 0.1, total_steps=45, base_momentum=0.8, max_momentum=0.9)",
    "ReduceLROnPlateau(optimizer)",
    "ReduceLROnPlateau(optimizer, 'min', factor=0.5, patience=1)",
    "ReduceLROnPlateau(optimizer, mode='max', factor=0.3, patience=2, cooldown=2)",
    "ReduceLROnPlateau(optimizer, patience=0, threshold=0.05, threshold_mode='abs', min_lr=0.01)",
    "ReduceLROnPlateau(optimizer, mode='max', patience=1, threshold=0.1, threshold_mode='abs', eps=0.001)",
    "SequentialLR(optimizer, [lr_scheduler.LinearLR(optimizer, 0.1, total_iters=5),"
    " lr_scheduler.ExponentialLR(optimizer, 0.9)], milestones=[5])",
    "SequentialLR(optimizer, schedulers=[lr_scheduler.ConstantLR(optimizer, 0.1, 3), lr_scheduler.StepLR(optimizer, 4),"
    " lr_scheduler.CosineAnnealingLR(optimizer, 9)], milestones=[4, 11])",
    "ChainedScheduler([lr_scheduler.ConstantLR(optimizer, 0.5, 4), lr_scheduler.ExponentialLR(optimizer, 0.9)])",
    "ChainedScheduler([lr_scheduler.LinearLR(optimizer), lr_scheduler.MultiStepLR(optimizer, [3, 8])], optimizer)",
)
#: The forms for a scheduler that is told a number.
PLATEAU = frozenset({"numbers"})

_BODY = """\
rates, losses = [], []
for step in range(STEPS):
    optimizer.zero_grad()
    loss = LOSS
    loss.backward()
    optimizer.step()
    rates.append(optimizer.param_groups[0]["lr"])
    losses.append(loss.item())
    ADVANCE
last = scheduler.get_last_lr()
"""
_SGD = "optimizer = optim.SGD([w, v, b], lr=0.05, momentum=0.9)\nscheduler = SCHEDULER\n"

#: The loops by form.
SCHEDULER_FORMS: Mapping[str, str] = {
    "sgd": _SGD + _BODY,
    "adam": "optimizer = optim.AdamW([w, v, b], lr=0.02)\nscheduler = SCHEDULER\n" + _BODY,
    "groups": 'optimizer = optim.SGD([{"params": [w], "lr": 0.03}, {"params": [v, b]}], lr=0.01, momentum=0.8)\n'
    "scheduler = SCHEDULER\n" + _BODY.replace('[0]["lr"])', '[1]["lr"])'),
    "epochs": _SGD + _BODY.replace("    ADVANCE", "    if step % 5 == 4:\n        ADVANCE"),
    "numbers": _SGD + _BODY.replace("    ADVANCE", "    scheduler.step(losses[-1])"),
    "saved": _SGD
    + _BODY
    + "state, of_optimizer = scheduler.state_dict(), optimizer.state_dict()\n"
    + _SGD
    + "optimizer.load_state_dict(of_optimizer)\nscheduler.load_state_dict(state)\n"
    + _BODY.replace("STEPS", "10"),
}
