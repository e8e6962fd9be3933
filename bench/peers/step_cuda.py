"""Time of one training step in PyTorch on CUDA. usage: step_cuda.py BATCH VOCABULARY

The model of step_torch.py: six tables, one cross layer, a deep network, fused Adam over all rows of the tables.
"""

import json
import sys
import time

import torch

BATCH, VOCABULARY = int(sys.argv[1]), int(sys.argv[2])
FIELDS, DIM, UNITS, STEPS, WARM_UP = 6, 32, 192, 100, 20
DEVICE = torch.device("cuda")
WIDTH = FIELDS * DIM


class Tower(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.tables = torch.nn.ModuleList([torch.nn.Embedding(VOCABULARY, DIM) for _ in range(FIELDS)])
        self.cross = torch.nn.Linear(WIDTH, WIDTH)
        layers = [torch.nn.Linear(WIDTH, UNITS), torch.nn.ReLU(), torch.nn.Linear(UNITS, UNITS), torch.nn.ReLU()]
        self.deep = torch.nn.Sequential(*layers, torch.nn.Linear(UNITS, 1))

    def forward(self, ids):
        x0 = torch.cat([table(ids[:, i]) for i, table in enumerate(self.tables)], 1)
        return self.deep(x0 * self.cross(x0) + x0)


tower = Tower().to(DEVICE)
optimizer = torch.optim.Adam(tower.parameters(), 1e-3, fused=True)
ids = torch.randint(0, VOCABULARY, (STEPS, BATCH, FIELDS), device=DEVICE)
labels = torch.rand(BATCH, 1, device=DEVICE)
times = []
for step in range(WARM_UP + STEPS):
    torch.cuda.synchronize()
    begin = time.perf_counter()
    optimizer.zero_grad()
    ((tower(ids[step % STEPS]) - labels) ** 2).mean().backward()
    optimizer.step()
    torch.cuda.synchronize()
    times.append(1000 * (time.perf_counter() - begin))
times = sorted(times[WARM_UP:])
print(json.dumps({"about": f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}", "milliseconds": times[STEPS // 2]}))
