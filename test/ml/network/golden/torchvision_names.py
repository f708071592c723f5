"""Names and shapes of torchvision's mobilenet_v3_large, features only: what our checkpoints must carry.

python torchvision_names.py > torchvision_names.json   (torchvision 0.29)
"""

import json

import torchvision

state = torchvision.models.mobilenet_v3_large(weights=None).state_dict()
table = {name: list(value.shape) for name, value in state.items() if name.startswith("features.") and not name.endswith("num_batches_tracked")}
print(json.dumps(table))
