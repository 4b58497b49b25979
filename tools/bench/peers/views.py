"""Two views of each of many images by torchvision in one process and one thread: the peer of the view loader.

Reads a line per request from standard input ("steps N") and answers with the milliseconds of each step as JSON. A step is a
pass over the images, whose pixels are in memory, in a new order: two normalised float batches of views at a time. Pipeline
and batches are those of ours.
"""
import json
import sys
import time

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision import transforms
from torchvision.transforms import v2

case = json.loads(sys.argv[1])
torch.set_num_threads(1)
torch.manual_seed(0)

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
on_pillow = case["kind"] == "pillow"
library = transforms if on_pillow else v2

records = np.fromfile(case["file"], np.uint8).reshape(-1, 3073)[: case["images"], 1:].reshape(-1, 3, 32, 32)
# As CIFAR10 of torchvision keeps them for Pillow; planes are what its tensor transforms take.
pixels = np.ascontiguousarray(records.transpose(0, 2, 3, 1)) if on_pillow else torch.from_numpy(records.copy())

augment = library.Compose(
    [
        library.RandomResizedCrop(case["size"], scale=(0.2, 1.0), antialias=True),
        library.RandomHorizontalFlip(),
        library.RandomApply([library.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        library.RandomGrayscale(p=0.2),
        *([library.RandomApply([library.GaussianBlur(3, (0.1, 2.0))], p=0.5)] if case["blur"] else []),
        *([transforms.ToTensor()] if on_pillow else [v2.ToDtype(torch.float32, scale=True)]),
        library.Normalize(MEAN, STD),
    ]
)


def image(index):
    return Image.fromarray(pixels[index]) if on_pillow else pixels[index]


def step():
    order = torch.randperm(len(pixels)).tolist()
    for start in range(0, len(order) - case["batch"] + 1, case["batch"]):
        images = [image(index) for index in order[start : start + case["batch"]]]
        for _ in range(2):
            torch.stack([augment(one) for one in images])


step()
print("ready", torchvision.__version__, "on Pillow images" if on_pillow else "v2 on tensors", flush=True)
for line in sys.stdin:
    times = []
    for _ in range(int(line.split()[1])):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps(times), flush=True)
