"""One training step of the same method in PyTorch, as `torch_step.py eager|compile STEPS WARMUP PAIRS`.

MobileNetV3-Large of torchvision, 2 x PAIRS photos of 224 x 224, 512-d head, cosine with a learned direction, hinge loss, clipping, AdamW; batch
norm in training mode. Written for speed on a CPU: channels last, AdamW and clipping over all parameters at once, gradients set to None. Prints one
JSON document: milliseconds of each timed step, seconds from the model's making to the end of its first step, megabytes after import and at most.
"""

import json
import resource
import sys
import time

import torch
import torchvision
from torch import nn
from torch.nn import functional


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


imported_mb = peak_mb()
mode = sys.argv[1]
steps, warmup, pairs = (int(argument) for argument in sys.argv[2:5])


class Ranking(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = torchvision.models.mobilenet_v3_large(weights=None).features
        self.head = nn.Linear(960, 512)
        self.direction = nn.Parameter(torch.randn(512) / 512**0.5)

    def forward(self, photos):
        embedding = functional.normalize(self.head(self.features(photos).mean((2, 3))))
        score = embedding @ functional.normalize(self.direction, dim=0)
        return torch.relu(0.2 - (score[:pairs] - score[pairs:])).mean()


torch.manual_seed(0)
photos = torch.randn(2 * pairs, 3, 224, 224).to(memory_format=torch.channels_last)
begun = time.perf_counter()
model = Ranking().to(memory_format=torch.channels_last).train()
loss_of = {"eager": lambda: model, "compile": lambda: torch.compile(model)}[mode]()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=1e-4, fused=True)


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(photos)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0, foreach=True)
    optimizer.step()
    return loss.item()


first_step = None
times = []
for _ in range(warmup + steps):
    started = time.perf_counter()
    step()
    ended = time.perf_counter()
    first_step = first_step or ended - begun
    times.append((ended - started) * 1e3)
print(
    json.dumps(
        {
            "milliseconds": times[warmup:],
            "firstStepSeconds": first_step,
            "importedMb": imported_mb,
            "peakMemoryMb": peak_mb(),
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
        }
    )
)
