"""Networks of torchvision and timm as ONNX files, by both of torch's exporters.

Usage: python export_networks.py PHOTOS.f32 SIDE FOLDER NAME; writes FOLDER/NAME-EXPORTER.onnx; the last line of stdout is JSON: versions.

Weights are drawn by a seed: pretrained ones cannot be had from a package registry. Statistics of batch norm are those of the photos, as
training would leave them, so that values are of usual size in every layer.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxscript
import timm
import torch
import torchvision

PHOTOS, SIDE, FOLDER, NAME = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4]
SEED = 0
OPSET = 18
BATCH = 16


class UNet(torch.nn.Module):
    """Three levels: convolutions, max pooling, transposed convolutions and concatenation, as in Ronneberger et al. (2015)."""

    def __init__(self, width=16, classes=8):
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        block = lambda i, o: torch.nn.Sequential(
            torch.nn.Conv2d(i, o, 3, padding=1, bias=False),
            torch.nn.BatchNorm2d(o),
            torch.nn.ReLU(),
            torch.nn.Conv2d(o, o, 3, padding=1, bias=False),
            torch.nn.BatchNorm2d(o),
            torch.nn.ReLU(),
        )
        self.first = torch.nn.Conv2d(3, width, 3, stride=4, padding=1)
        self.down = torch.nn.ModuleList([block(width, widths[0]), block(widths[0], widths[1])])
        self.bottom = block(widths[1], widths[2])
        self.up = torch.nn.ModuleList([torch.nn.ConvTranspose2d(widths[2], widths[1], 2, 2), torch.nn.ConvTranspose2d(widths[1], widths[0], 2, 2)])
        self.after = torch.nn.ModuleList([block(2 * widths[1], widths[1]), block(2 * widths[0], widths[0])])
        self.head = torch.nn.Conv2d(widths[0], classes, 1)

    def forward(self, x):
        x = self.first(x)
        kept = []
        for block in self.down:
            x = block(x)
            kept.append(x)
            x = torch.nn.functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, after, skip in zip(self.up, self.after, reversed(kept)):
            x = after(torch.cat([up(x), skip], 1))
        return self.head(x)


NETWORKS = {
    "mobilenet_v2": lambda: torchvision.models.mobilenet_v2(weights=None),
    "mobilenet_v3_small": lambda: torchvision.models.mobilenet_v3_small(weights=None),
    "squeezenet": lambda: torchvision.models.squeezenet1_1(weights=None),
    "shufflenet_v2": lambda: torchvision.models.shufflenet_v2_x1_0(weights=None),
    "resnet18": lambda: torchvision.models.resnet18(weights=None),
    "mnasnet": lambda: torchvision.models.mnasnet1_0(weights=None),
    "regnet_y_400mf": lambda: torchvision.models.regnet_y_400mf(weights=None),
    "efficientnet_b0": lambda: timm.create_model("efficientnet_b0", pretrained=False),
    "efficientnet_lite0": lambda: timm.create_model("efficientnet_lite0", pretrained=False),
    "unet": UNet,
}

torch.set_num_threads(2)
torch.manual_seed(SEED)
network = NETWORKS[NAME]()
photos = torch.from_numpy(np.fromfile(PHOTOS, np.float32).reshape(-1, 3, SIDE, SIDE))
norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
for norm in norms:
    norm.reset_running_stats()
    norm.momentum = None  # the mean over all batches
network.eval()
for norm in norms:
    norm.train()
with torch.no_grad():
    for at in range(0, len(photos), BATCH):
        network(photos[at : at + BATCH])
network.eval()

example = torch.zeros(1, 3, SIDE, SIDE)
plain = {"input_names": ["photos"], "output_names": ["answer"], "opset_version": OPSET}
for exporter in ("torchscript", "dynamo"):
    path = FOLDER / f"{NAME}-{exporter}.onnx"
    if exporter == "dynamo":
        batch = torch.export.Dim("N", min=1, max=64)
        two = torch.zeros(2, 3, SIDE, SIDE)
        torch.onnx.export(network, (two,), path, dynamo=True, dynamic_shapes=({0: batch},), external_data=False, verbose=False, **plain)
    else:
        torch.onnx.export(network, (example,), path, dynamo=False, dynamic_axes={"photos": {0: "N"}}, **plain)
    onnx.checker.check_model(str(path))
versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__, "onnxscript": onnxscript.__version__}
print(json.dumps({"versions": versions}))
