"""Small PyTorch checkpoints, sound and hostile, and the parameter names of torchvision and timm.

    pip install torch torchvision timm
    python checkpoints.py        # writes the files beside this script
"""

import argparse
import io
import json
import pickle
import zipfile
from pathlib import Path

import timm
import torch
import torchvision

HERE = Path(__file__).parent
torch.manual_seed(7)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 3, 2, bias=False)
        self.bn = torch.nn.BatchNorm2d(3)


state = Small().state_dict()
flat = torch.arange(24, dtype=torch.float32)
state["transposed"] = flat.reshape(4, 6).t()
state["slice"] = flat[5:9]
state["double"] = torch.tensor([0.5, -1.25], dtype=torch.float64)
state["scalar"] = torch.tensor(3.0)
state["empty"] = torch.empty(0, 4)

torch.save(state, HERE / "zip.pth")
torch.save(state, HERE / "legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"model": state, "epoch": 3}, HERE / "wrapped.pth")
torch.save({"model": state, "args": argparse.Namespace(lr=0.1)}, HERE / "namespace.pth")
torch.save({"weight": torch.ones(2, dtype=torch.float16)}, HERE / "half.pth")


class Hostile:
    def __reduce__(self):
        return (exec, ("open('hostile-was-here', 'w').close()",))


class Walk:
    """Calls an allowed name with what it does not expect."""

    def __reduce__(self):
        return (torch._utils._rebuild_tensor_v2, ("a", 0, (1,), (1,), False, None))


def archive(name, value):
    data = io.BytesIO()
    pickle.dump(value, data, protocol=2)
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_STORED) as out:
        out.writestr(zipfile.ZipInfo("archive/data.pkl"), data.getvalue())


archive("hostile.pth", {"weight": Hostile()})
archive("walk.pth", {"weight": Walk()})

expected = {
    name: {"shape": list(tensor.shape), "data": tensor.double().flatten().tolist()}
    for name, tensor in state.items()
    if tensor.dtype != torch.int64
}
(HERE / "checkpoints.json").write_text(json.dumps(expected))


def names(model):
    return [[name, list(tensor.shape)] for name, tensor in model.state_dict().items() if tensor.dtype != torch.int64]


(HERE / "names.json").write_text(
    json.dumps(
        {
            "torchvision": names(torchvision.models.mobilenet_v3_large()),
            "timm": names(timm.create_model("mobilenetv3_large_100")),
            "torchvision-small": names(torchvision.models.mobilenet_v3_small()),
            "timm-small": names(timm.create_model("mobilenetv3_small_100")),
        }
    )
)
