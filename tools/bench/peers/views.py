"""Two views of each of many images by torchvision: the peer of the view loader.

Reads a line per request from standard input ("steps N") and answers with the milliseconds of each step as JSON. A step is a
pass over the images in a new order, two normalised float batches of views at a time; pipeline and batches are those of ours.
Kinds: `pillow` and `tensor`, CIFAR in memory, in this process; `photos`, files of a folder, and `decoded photos`, the same as
Pillow images in memory, both by DataLoader with as many workers as ours; `photos, subnormal numbers kept`, as `photos`.

torchvision blurs by a convolution whose kernel has subnormal weights: at 23 taps exp(-121 / sigma^2) is one for every sigma from
.3 to 1.1. Intel's processors take a hundred cycles for each product of them (45 to 65 ms a view instead of 9; AMD's hardly
notice). Nobody looks for that in a data loader, but a comparison would be about it alone, so that the peer flushes them to zero,
which changes no pixel; the last kind leaves torch as it comes.
"""
import json
import pathlib
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
on_tensors = case["kind"] == "tensor"
flushes_subnormals = case["kind"] != "photos, subnormal numbers kept"
torch.set_flush_denormal(flushes_subnormals)
library = v2 if on_tensors else transforms

augment = library.Compose(
    [
        library.RandomResizedCrop(case["size"], scale=(0.2, 1.0), antialias=True),
        library.RandomHorizontalFlip(),
        library.RandomApply([library.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        library.RandomGrayscale(p=0.2),
        *([library.RandomApply([library.GaussianBlur(case["blur"], (0.1, 2.0))], p=0.5)] if case["blur"] else []),
        *([v2.ToDtype(torch.float32, scale=True)] if on_tensors else [transforms.ToTensor()]),
        library.Normalize(MEAN, STD),
    ]
)


class Photos(torch.utils.data.Dataset):
    """Two views of each photo of a folder, read anew each time or decoded once and kept."""

    def __init__(self, root, decoded):
        self.files = sorted(pathlib.Path(root).glob("*.jpg"))[: case["images"]]
        self.images = [self.read(file) for file in self.files] if decoded else None

    @staticmethod
    def read(file):
        with Image.open(file) as image:
            return image.convert("RGB")

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        image = self.read(self.files[index]) if self.images is None else self.images[index]
        return augment(image), augment(image)


def photo_pass():
    photos = Photos(case["root"], case["kind"] == "decoded photos")
    loader = torch.utils.data.DataLoader(
        photos,
        batch_size=case["batch"],
        shuffle=True,
        num_workers=case["workers"],
        persistent_workers=True,
        # The setting belongs to a thread; workers do not inherit it.
        worker_init_fn=lambda _: torch.set_flush_denormal(flushes_subnormals),
    )

    def run():
        for _ in loader:
            pass

    return run


def small_pass():
    records = np.fromfile(case["file"], np.uint8).reshape(-1, 3073)[: case["images"], 1:].reshape(-1, 3, 32, 32)
    # As CIFAR10 of torchvision keeps them for Pillow; planes are what its tensor transforms take.
    pixels = torch.from_numpy(records.copy()) if on_tensors else np.ascontiguousarray(records.transpose(0, 2, 3, 1))

    def run():
        order = torch.randperm(len(pixels)).tolist()
        for start in range(0, len(order) - case["batch"] + 1, case["batch"]):
            chosen = order[start : start + case["batch"]]
            images = [pixels[index] if on_tensors else Image.fromarray(pixels[index]) for index in chosen]
            for _ in range(2):
                torch.stack([augment(one) for one in images])

    return run


step = photo_pass() if "root" in case else small_pass()
step()
reading = {
    "photos": "from JPEG by DataLoader",
    "photos, subnormal numbers kept": "from JPEG by DataLoader, subnormal numbers kept",
    "decoded photos": "from decoded photos by DataLoader",
}
details = {"pillow": "on Pillow images", "tensor": "v2 on tensors", **reading}[case["kind"]]
print("ready", torchvision.__version__, details, flush=True)
for line in sys.stdin:
    times = []
    for _ in range(int(line.split()[1])):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps(times), flush=True)
