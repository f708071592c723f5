"""Makes training.json: what PyTorch computes in float64 for one training step of a seeded network, for 100 clipped AdamW steps and
for the learning rate. Parameters and photos follow from their names by the formula of test/ml/onnx/seeded-network.ts.

Run: python make_training_golden.py > training.json   (torch 2.x, torchvision, numpy)
"""

import json
import re

import numpy as np
import torch
from torch import nn
from torchvision.models.mobilenetv3 import mobilenet_v3_large

SIDE, PAIRS, MARGIN, REGRESSION_WEIGHT, MOMENTUM = 64, 4, 0.2, 0.2, 0.1


def uniform(name, count):
    """Numbers in [0, 1): lowbias32 of FNV-1a(name) + index * 0x9e3779b9."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    h = (seed + np.arange(count, dtype=np.uint64) * 0x9E3779B9) & 0xFFFFFFFF
    h ^= h >> 16
    h = (h * 0x7FEB352D) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 0x846CA68B) & 0xFFFFFFFF
    h ^= h >> 16
    return h / 2**32


def tensor(name, shape, transform):
    numbers = transform(uniform(name, int(np.prod(shape)))).astype(np.float32).reshape(shape)
    return torch.from_numpy(numbers).double()


signed = lambda u: 2 * u - 1


def transform_for(name, shape):
    if name == "direction":
        return signed
    if name.endswith("running_mean"):
        return lambda u: 0.2 * signed(u)
    if name.endswith("running_var"):
        return lambda u: 0.5 + u
    if name.endswith(".bias"):
        return lambda u: 0.2 * signed(u)
    if len(shape) == 1:
        return lambda u: 0.8 + 0.4 * u
    fan_in = int(np.prod(shape[1:]))
    return lambda u: signed(u) * np.sqrt(6 / fan_in)


class Ranker(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = mobilenet_v3_large(weights=None).features
        self.head = nn.Linear(960, 512)
        self.direction = nn.Parameter(torch.zeros(512))
        self.regression = nn.Linear(512, 1)

    def forward(self, x):
        embedding = nn.functional.normalize(self.head(self.features(x).mean((2, 3))), eps=1e-12)
        return nn.functional.cosine_similarity(embedding, self.direction[None]), self.regression(embedding)[:, 0]


def shrink(name, values):
    """Length and the projection on seeded numbers: enough to tell a wrong gradient, small enough to commit."""
    values = values.detach()
    direction = tensor("projection of " + name, values.shape, signed)
    return [float(f"{v:.12g}") for v in (values.norm().item(), (values * direction).sum().item())]


def training_step():
    model = Ranker()
    state = {
        name: value if name.endswith("num_batches_tracked") else tensor(name, value.shape, transform_for(name, value.shape))
        for name, value in model.state_dict().items()
    }
    model = model.double()
    model.load_state_dict(state)
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = MOMENTUM
    photos = tensor("training photos", (2 * PAIRS, 3, SIDE, SIDE), lambda u: 4 * u - 2)
    target = tensor("people's scores", (2 * PAIRS,), lambda u: u)
    mask = torch.tensor([1, 0, 1, 1, 0, 0, 1, 0], dtype=torch.float64)
    score, opinion = model(photos)
    hinge = torch.relu(MARGIN - (score[:PAIRS] - score[PAIRS:])).mean()
    squared = (((opinion - target) ** 2) * mask).sum() / mask.sum()
    loss = hinge + REGRESSION_WEIGHT * squared
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1e9)
    after = model.state_dict()
    return {
        "loss": loss.item(),
        "gradNorm": norm.item(),
        "right": int((score[:PAIRS] > score[PAIRS:]).sum()),
        "gradients": {name: shrink(name, parameter.grad) for name, parameter in model.named_parameters()},
        "averages": {name: shrink(name, after[name]) for name in after if "running_" in name},
    }


def adamw():
    """Two parameters, of which the second does not decay; gradients whose length is now above, now below the limit."""
    weight = nn.Parameter(tensor("adamw weight", (3, 4), signed))
    bias = nn.Parameter(tensor("adamw bias", (4,), signed))
    groups = [{"params": [weight], "weight_decay": 0.05}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.999), eps=1e-8)
    for step in range(100):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (1 + step) / 100
        for name, parameter in (("weight", weight), ("bias", bias)):
            parameter.grad = tensor(f"adamw gradient {name} {step}", parameter.shape, lambda u: 4 * signed(u))
        torch.nn.utils.clip_grad_norm_([weight, bias], 5.0)
        optimizer.step()
    return {"weight": weight.flatten().tolist(), "bias": bias.tolist()}


def learning_rates():
    warmup, total, peak, least = 10, 60, 3e-4, 1e-6
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=peak)
    schedulers = torch.optim.lr_scheduler
    linear = schedulers.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
    cosine = schedulers.CosineAnnealingLR(optimizer, T_max=total - warmup, eta_min=least)
    schedule = schedulers.SequentialLR(optimizer, [linear, cosine], milestones=[warmup])
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


result = {
    "made_with": f"torch {re.sub(r'[+].*', '', torch.__version__)}, float64",
    "step": training_step(),
    "adamw": adamw(),
    "learningRates": learning_rates(),
}
print(json.dumps(result, indent=1))
