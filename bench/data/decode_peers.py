"""Photos decoded to squares by torchvision.io with v2's resize, by Pillow, and by Pillow with draft: in a loop as scripts have it, or on two processes.

Arguments: torchvision|pillow|draft, each also with -two behind it, a JSON file with a list of photos' paths, the square's side, passes to time. Prints one JSON
document: seconds of each pass over all photos; a pass before them warms the processes and the file cache. The processes hand back a number for each photo,
no pixels. In a loop torch has as many threads as it takes by itself, on two processes one each.
"""

import json
import multiprocessing
import sys
import time

import torch
import torchvision
from PIL import Image
from torchvision.io import ImageReadMode, decode_image, read_file
from torchvision.transforms.v2 import functional

mode, _, processes = sys.argv[1].partition("-")
photos, side, passes = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
PROCESSES = 2


def by_torchvision(path):
    photo = decode_image(read_file(path), mode=ImageReadMode.RGB)
    return functional.center_crop(functional.resize(photo, [side], antialias=True), [side, side]).numel()


def by_pillow(path):
    with Image.open(path) as photo:
        if mode == "draft":
            # As small as the decoder can while the shortest side stays as long as is needed.
            shortest = min(photo.size)
            photo.draft("RGB", tuple(length * side // shortest for length in photo.size))
        photo = photo.convert("RGB")
    square = functional.center_crop(functional.resize(photo, [side]), [side, side])
    return len(square.tobytes())


def begin():
    torch.set_num_threads(1)


if __name__ == "__main__":
    with open(photos, encoding="utf-8") as file:
        paths = json.load(file)
    decode = by_torchvision if mode == "torchvision" else by_pillow
    seconds = []

    def time_passes(spread):
        for _ in range(1 + passes):
            begun = time.perf_counter()
            seen = sum(spread(decode, paths))
            seconds.append(time.perf_counter() - begun)
            assert seen == len(paths) * side * side * 3

    if processes == "two":
        with multiprocessing.get_context("fork").Pool(PROCESSES, begin) as pool:
            time_passes(pool.imap_unordered)
    else:
        time_passes(map)
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": Image.__version__}
    print(json.dumps({"seconds": seconds[1:], "versions": versions}))
