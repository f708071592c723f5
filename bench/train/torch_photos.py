"""The method trained on a small set of pairs in plain PyTorch, as `torch_photos.py JOB`; prints one JSON document.

JOB (photo-pairs.ts writes it) names the pairs of each split, the weights and the settings that ours trains with too. Minimalistic MobileNetV3-Large,
batch norm folded into the convolutions, TensorFlow's padding; 512-d head, cosine with a learned direction, hinge loss, AdamW, warmup and cosine,
clipping, early stopping. Written for speed on a CPU: photos decoded once and kept in memory, augmentation in a worker process, channels last,
AdamW and clipping over all parameters at once.
"""

import json
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import torch
import torchvision
from PIL import Image
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as transforms

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)
train, preprocess = job["train"], job["preprocess"]
of_model = train["model"]
assert (of_model["backbone"], of_model["padding"], of_model["batchNorm"]["mode"], train["loop"]["accumulate"]) == (
    "mobilenet_v3_large_minimalistic", "same", "folded", 1,
), "this script knows the minimalistic backbone, TensorFlow's padding, folded batch norm and whole steps alone"  # fmt: skip
threads = train["environment"]["threads"]
torch.set_num_threads(threads)
torch.manual_seed(train["seed"])

# Expanded, out, stride; every depthwise convolution is 3 x 3 (Howard et al. 2019, table 1; minimalistic).
BOTTLENECKS = [
    (16, 16, 1), (64, 24, 2), (72, 24, 1), (72, 40, 2), (120, 40, 1), (120, 40, 1), (240, 80, 2), (200, 80, 1),
    (184, 80, 1), (184, 80, 1), (480, 112, 1), (672, 112, 1), (672, 160, 2), (960, 160, 1), (960, 160, 1),
]  # fmt: skip


def unit(inputs, outputs, kernel=1, stride=1, groups=1, activation=True):
    """Named as torchvision's Conv2dNormActivation, without the norm. TensorFlow pads an even side at stride 2 behind alone."""
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups)]
    if activation:
        layers.append(nn.ReLU(inplace=True))
    unit = nn.Sequential(*layers)
    if stride == 2:
        unit.register_forward_pre_hook(lambda _, photos: functional.pad(photos[0], (0, 1, 0, 1)))
    return unit


class Bottleneck(nn.Module):
    def __init__(self, inputs, expanded, outputs, stride):
        super().__init__()
        expand = [] if expanded == inputs else [unit(inputs, expanded)]
        depthwise = unit(expanded, expanded, 3, stride, expanded)
        self.block = nn.Sequential(*expand, depthwise, unit(expanded, outputs, activation=False))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, value):
        return value + self.block(value) if self.residual else self.block(value)


class Ranking(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [16] + [outputs for _, outputs, _ in BOTTLENECKS]
        blocks = [Bottleneck(inputs, *row) for inputs, row in zip(widths, BOTTLENECKS)]
        self.features = nn.Sequential(unit(3, 16, 3, 2), *blocks, unit(widths[-1], 960))
        embedding = of_model["embedding"]
        self.head = nn.Linear(960, embedding)
        # As torchvision begins MobileNetV3's dense layers, and ours: that of nn.Linear is twice as wide and ended less accurate (docs/results.md).
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self.direction = nn.Parameter(torch.randn(embedding) / embedding**0.5)

    def forward(self, photos):
        embedding = functional.normalize(self.head(self.features(photos).mean((2, 3))))
        return embedding @ functional.normalize(self.direction, dim=0)


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(data[slice(*entry["data_offsets"])], dtype=torch.float32).reshape(entry["shape"])
        for name, entry in header.items()
    }


size, crop = preprocess["resize"], preprocess["crop"]
normalize = v2.Normalize(preprocess["normalize"]["mean"], preprocess["normalize"]["std"])
to_square = v2.Compose([v2.Resize(size, antialias=True), v2.CenterCrop(size), v2.PILToTensor()])


def decode(path):
    with Image.open(path) as photo:
        return to_square(photo.convert("RGB"))


def plain(photo):
    return normalize(transforms.center_crop(photo, crop) / 255)


def augmented(photo):
    settings = preprocess["augment"]
    rotation, brightness, contrast = (2 * torch.rand(3) - 1).tolist()
    photo = transforms.rotate(photo / 255, settings["rotation"] * rotation, InterpolationMode.BILINEAR)
    photo = transforms.center_crop(photo, crop)
    if torch.rand(()) < settings["flip"]:
        photo = transforms.horizontal_flip(photo)
    photo = transforms.adjust_brightness(photo, 1 + settings["brightness"] * brightness)
    return normalize(transforms.adjust_contrast(photo, 1 + settings["contrast"] * contrast))


class Pairs(Dataset):
    def __init__(self, photos, pairs, good):
        self.photos, self.pairs, self.good = photos, pairs, good

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, number):
        good, bad = self.pairs[number]
        return self.good(self.photos[good]), plain(self.photos[bad])


def scores_of(model, good, bad):
    photos = torch.cat([good, bad]).to(memory_format=torch.channels_last)
    return model(photos).chunk(2)


margin, batch = train["loss"]["margin"], train["loop"]["pairs"]


@torch.inference_mode()
def measure(model, batches):
    """Pairs that are ranked right, and the mean hinge loss."""
    gaps = torch.cat([torch.sub(*scores_of(model, *pair)) for pair in batches])
    return (gaps > 0).sum().item(), torch.relu(margin - gaps).mean().item()


def learning_rate_factor(steps_per_epoch):
    schedule, peak = train["schedule"], train["optimizer"]["lr"]
    warmup, total = round(schedule["warmupEpochs"] * steps_per_epoch), schedule["epochs"] * steps_per_epoch
    least = schedule["minLr"] / peak

    def factor(step):
        if step < warmup:
            return (step + 1) / warmup
        progress = (step - warmup) / max(1, total - warmup)
        return least + (1 - least) * (1 + math.cos(math.pi * progress)) / 2

    return factor


def optimizer_of(model):
    settings = train["optimizer"]
    spared = [value for name, value in model.named_parameters() if name.endswith("bias") and settings["decay"] == "weights"]
    decayed = [value for value in model.parameters() if all(value is not other for other in spared)]
    groups = [{"params": decayed, "weight_decay": settings["weightDecay"]}, {"params": spared, "weight_decay": 0.0}]
    betas = (settings["beta1"], settings["beta2"])
    return torch.optim.AdamW(groups, lr=settings["lr"], betas=betas, eps=settings["epsilon"], fused=True)


begun = time.perf_counter()
files = sorted({file for pairs in job["pairs"].values() for pair in pairs for file in pair})
with ThreadPoolExecutor(threads) as pool:
    photos = dict(zip(files, pool.map(lambda file: decode(f"{job['photos']}/{file}"), files)))
prepared = time.perf_counter()

model = Ranking()
loaded = model.load_state_dict(read_safetensors(job["weights"]), strict=False)
assert not loaded.unexpected_keys and set(loaded.missing_keys) == {"head.weight", "head.bias", "direction"}, loaded
model = model.to(memory_format=torch.channels_last)
loader = DataLoader(
    Pairs(photos, job["pairs"]["train"], augmented), batch, shuffle=True, num_workers=1, prefetch_factor=2, persistent_workers=True
)
# Nothing changes in them from epoch to epoch, so that they are kept.
validation = list(DataLoader(Pairs(photos, job["pairs"]["val"], plain), batch))
optimizer = optimizer_of(model)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate_factor(len(loader)))
parameters = list(model.parameters())

epochs, best, reference, stale = [], None, None, 0
for epoch in range(1, train["schedule"]["epochs"] + 1):
    started = time.perf_counter()
    losses, right = 0.0, 0
    for good, bad in loader:
        optimizer.zero_grad(set_to_none=True)
        gaps = torch.sub(*scores_of(model, good, bad))
        loss = torch.relu(margin - gaps).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, train["loop"]["clip"], foreach=True)
        optimizer.step()
        scheduler.step()
        losses += loss.item()
        right += (gaps > 0).sum().item()
    val_right, val_loss = measure(model, validation)
    val_accuracy = val_right / len(job["pairs"]["val"])
    if best is None or (val_accuracy, -val_loss) > (best["accuracy"], -best["loss"]):
        best = {"epoch": epoch, "accuracy": val_accuracy, "loss": val_loss}
        torch.save(model.state_dict(), job["checkpoint"])
    epochs.append(
        {
            "loss": losses / len(loader),
            "accuracy": right / len(job["pairs"]["train"]),
            "valLoss": val_loss,
            "valAccuracy": val_accuracy,
            "seconds": time.perf_counter() - started,
        }
    )
    stopping = train["earlyStopping"]
    improved = reference is None or val_accuracy - reference >= stopping["points"] / 100 - 1e-9
    reference, stale = (val_accuracy, 0) if improved else (reference, stale + 1)
    if stale >= stopping["evaluations"]:
        break
trained = time.perf_counter()

model.load_state_dict(torch.load(job["checkpoint"]))
test_right, _ = measure(model, DataLoader(Pairs(photos, job["pairs"]["test"], plain), batch))
print(
    json.dumps(
        {
            "prepareSeconds": prepared - begun,
            "trainingSeconds": trained - prepared,
            "epochs": epochs,
            "bestEpoch": best["epoch"],
            "test": {"right": test_right, "count": len(job["pairs"]["test"])},
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": Image.__version__},
        }
    )
)
