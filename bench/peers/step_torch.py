"""Median time of one training step in PyTorch. usage: step_torch.py BATCH VOCABULARY dense|sparse|compile"""

import json
import sys
import time

import torch

batch, vocabulary, mode = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
FIELDS, DIM, SLICES = 6, 32, 8
torch.manual_seed(0)


class Dcn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        width = FIELDS * DIM
        sparse = mode == "sparse"
        self.tables = torch.nn.ModuleList([torch.nn.Embedding(vocabulary, DIM, sparse=sparse) for _ in range(FIELDS)])
        self.cross = torch.nn.Linear(width, width)
        self.deep = torch.nn.Sequential(
            torch.nn.Linear(width, 192), torch.nn.ReLU(), torch.nn.Linear(192, 192), torch.nn.ReLU(), torch.nn.Linear(192, 1)
        )

    def forward(self, ids):
        x0 = torch.cat([table(ids[:, i]) for i, table in enumerate(self.tables)], 1)
        return self.deep(x0 * self.cross(x0) + x0)


model = Dcn()
ids = torch.randint(0, vocabulary, (SLICES * batch, FIELDS))
labels = torch.rand(SLICES * batch, 1)
if mode == "sparse":
    dense = [p for name, p in model.named_parameters() if not name.startswith("tables")]
    optimizers = [torch.optim.SparseAdam(model.tables.parameters(), 1e-3), torch.optim.Adam(dense, 1e-3, fused=True)]
else:
    optimizers = [torch.optim.Adam(model.parameters(), 1e-3, fused=True)]
forward = torch.compile(model) if mode == "compile" else model


def step(i):
    at = slice(i % SLICES * batch, (i % SLICES + 1) * batch)
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss = ((forward(ids[at]) - labels[at]) ** 2).mean()
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    return loss.item()


for i in range(10):
    step(i)
begin = time.perf_counter()
step(0)
count = max(10, min(300, int(6 / (time.perf_counter() - begin))))
times = []
for i in range(count):
    begin = time.perf_counter()
    step(i)
    times.append(time.perf_counter() - begin)
print(json.dumps({"milliseconds": sorted(times)[count // 2] * 1e3, "version": torch.__version__}))
