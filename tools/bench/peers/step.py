"""One SimCLR training step in PyTorch, timed on request: the peer of the recorded step.

Reads a line per request from standard input ("steps N") and answers with the milliseconds of each step as JSON; "peak"
answers with the peak resident memory in MB. Network, head, loss and optimiser are those of ours.
"""
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

case = json.loads(sys.argv[1])
torch.set_num_threads(case["threads"])
torch.manual_seed(0)


def convolution(inputs, outputs, kernel, stride):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, width, stride, bottleneck):
        super().__init__()
        outputs = width * (4 if bottleneck else 1)
        plan = (
            [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)]
            if bottleneck
            else [(inputs, width, 3, stride), (width, width, 3, 1)]
        )
        self.convolutions = nn.ModuleList(convolution(*item) for item in plan)
        self.norms = nn.ModuleList(nn.BatchNorm2d(item[1]) for item in plan)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for index, (conv, norm) in enumerate(zip(self.convolutions, self.norms)):
            y = norm(conv(y))
            if index + 1 < len(self.convolutions):
                y = F.relu(y)
        return F.relu(y + (self.downsample(x) if self.downsample else x))


def resnet(depth, width, small):
    bottleneck = depth >= 50
    counts = {18: [2, 2, 2, 2], 50: [3, 4, 6, 3]}[depth]
    stem = [convolution(3, width, 3 if small else 7, 1 if small else 2), nn.BatchNorm2d(width), nn.ReLU()]
    layers = stem + ([] if small else [nn.MaxPool2d(3, 2, 1)])
    channels = width
    for stage, count in enumerate(counts):
        for index in range(count):
            planes = width * 2**stage
            layers.append(Block(channels, planes, 2 if stage > 0 and index == 0 else 1, bottleneck))
            channels = planes * (4 if bottleneck else 1)
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    head = [nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, 128)]
    network = nn.Sequential(*layers, *head)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


network = resnet(case["depth"], case["width"], case["small"]).to(memory_format=torch.channels_last)
forward = torch.compile(network) if case["compiled"] else network
optimiser = torch.optim.SGD(network.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
pairs = case["batch"]
views = torch.randn(2 * pairs, 3, case["size"], case["size"]).to(memory_format=torch.channels_last)
partner = torch.cat([torch.arange(pairs) + pairs, torch.arange(pairs)])
diagonal = torch.eye(2 * pairs, dtype=torch.bool)


def step():
    optimiser.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=case["bfloat16"]):
        embeddings = forward(views)
    embeddings = F.normalize(embeddings.float())
    logits = (embeddings @ embeddings.t() / 0.5).masked_fill(diagonal, float("-inf"))
    loss = F.cross_entropy(logits, partner)
    loss.backward()
    optimiser.step()
    return loss.item()


for _ in range(2):
    step()
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    request = line.split()
    if request[0] == "peak":
        print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), flush=True)
        continue
    times = []
    for _ in range(int(request[1])):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps(times), flush=True)
