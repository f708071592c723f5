"""Makes torch.json: what PyTorch computes in float64 for networks of seeded parameters (the same formula as seeded-network.ts).

Run: python make_torch_golden.py > torch.json   (torch 2.x, torchvision, numpy)
"""

import json
import re

import numpy as np
import torch
from torch import nn
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3, mobilenet_v3_large, mobilenet_v3_small

# kernel, expanded, out, stride: the table of the paper once more, so that the reference does not share the project's
ROWS = [
    (16, 16, 1), (64, 24, 2), (72, 24, 1), (72, 40, 2), (120, 40, 1), (120, 40, 1), (240, 80, 2), (200, 80, 1),
    (184, 80, 1), (184, 80, 1), (480, 112, 1), (672, 112, 1), (672, 160, 2), (960, 160, 1), (960, 160, 1),
]  # fmt: skip


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


def transform_for(name, shape):
    signed = lambda u: 2 * u - 1
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


class SameConv(nn.Conv2d):
    """TensorFlow's padding `SAME`: the odd zero goes after."""

    def forward(self, x):
        pads = []
        for size, k, s in zip(reversed(x.shape[2:]), reversed(self.kernel_size), reversed(self.stride)):
            total = max((-(-size // s) - 1) * s + k - size, 0)
            pads += [total // 2, total - total // 2]
        return nn.functional.conv2d(nn.functional.pad(x, pads), self.weight, self.bias, self.stride, 0, 1, self.groups)


def minimalistic_same_folded():
    conf = lambda i, e, o, s: InvertedResidualConfig(i, 3, e, o, False, "RE", s, 1, 1.0)
    rows, channels = [], 16
    for expanded, out, stride in ROWS:
        rows.append(conf(channels, expanded, out, stride))
        channels = out
    backbone = MobileNetV3(rows, 1280)

    def rebuilt(module):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d):
                new = SameConv(child.in_channels, child.out_channels, child.kernel_size, child.stride, 0, 1, child.groups)
            elif isinstance(child, nn.BatchNorm2d):
                new = nn.Identity()
            elif isinstance(child, nn.Hardswish):
                new = nn.ReLU()
            else:
                rebuilt(child)
                continue
            setattr(module, name, new)

    rebuilt(backbone.features)
    return backbone.features


class Ranker(nn.Module):
    def __init__(self, features, regression, channels=960):
        super().__init__()
        self.features = features
        self.head = nn.Linear(channels, 512)
        self.direction = nn.Parameter(torch.zeros(512))
        if regression:
            self.regression = nn.Linear(512, 1)

    def forward(self, x):
        features = self.features(x).mean((2, 3))
        embedding = nn.functional.normalize(self.head(features), eps=1e-12)
        score = nn.functional.cosine_similarity(embedding, self.direction[None])
        opinion = self.regression(embedding)[:, 0] if hasattr(self, "regression") else None
        return features, embedding, score, opinion


def golden(model):
    state = {
        name: value if name.endswith("num_batches_tracked") else tensor(name, value.shape, transform_for(name, value.shape))
        for name, value in model.state_dict().items()
    }
    model = model.double().eval()
    model.load_state_dict(state)
    photos = tensor("photos", (2, 3, 224, 224), lambda u: 4 * u - 2)
    with torch.no_grad():
        features, embedding, score, opinion = model(photos)
    rounded = lambda values: [float(f"{v:.9g}") for v in values.flatten().tolist()]
    return {
        "features": rounded(features[:, :16]),
        "embedding": rounded(embedding[:, :32]),
        "score": rounded(score),
        "mean_opinion_score": None if opinion is None else rounded(opinion),
    }


result = {
    "made_with": f"torch {re.sub(r'[+].*', '', torch.__version__)}, float64",
    "mobilenet_v3_large": golden(Ranker(mobilenet_v3_large(weights=None).features, regression=True)),
    "mobilenet_v3_large_minimalistic": golden(Ranker(minimalistic_same_folded(), regression=False)),
    "mobilenet_v3_small": golden(Ranker(mobilenet_v3_small(weights=None).features, regression=True, channels=576)),
}
print(json.dumps(result, indent=1))
