"""Photos decoded, resized and cropped by torchvision on Pillow, in a DataLoader with worker processes.

Arguments: a JSON file with a list of photos' paths, the square's side, passes to time, the number of workers. Prints one JSON document:
seconds of each pass over all photos; a pass before them starts the workers and warms the file cache.
"""

import json
import sys
import time

import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2

with open(sys.argv[1], encoding="utf-8") as file:
    paths = json.load(file)
side, passes, workers = (int(argument) for argument in sys.argv[2:5])


class Photos(torch.utils.data.Dataset):
    to_square = v2.Compose([v2.Resize(side, antialias=True), v2.CenterCrop(side), v2.PILToTensor()])

    def __len__(self):
        return len(paths)

    def __getitem__(self, number):
        with Image.open(paths[number]) as photo:
            return self.to_square(photo.convert("RGB"))


# Small batches, so that both workers end at nearly the same time.
loader = torch.utils.data.DataLoader(Photos(), batch_size=8, num_workers=workers, persistent_workers=True)
seconds = []
for _ in range(1 + passes):
    begun = time.perf_counter()
    bytes_seen = sum(batch.numel() for batch in loader)
    seconds.append(time.perf_counter() - begun)
    assert bytes_seen == len(paths) * side * side * 3
versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": Image.__version__}
print(json.dumps({"seconds": seconds[1:], "versions": versions}))
