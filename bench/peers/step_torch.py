"""Time of one training step in PyTorch. usage: echo MODE | step_torch.py BATCH VOCABULARY

dense            eager, fused Adam over all rows of the tables: what most users run
sparse           eager, sparse gradients of the tables with SparseAdam, fused Adam for the rest
compiled         as dense, forward and backward by torch.compile
sparse-compiled  as sparse, forward and backward of all but the tables by torch.compile

Rows are sliced from tensors: a DataLoader takes longer than the step. Compiling Adam's update as well, or putting all tables in one,
gained nothing.
"""

import sys

import torch
from stretches import median, serve, timed

BATCH, VOCABULARY = int(sys.argv[1]), int(sys.argv[2])
FIELDS, DIM, UNITS, SLICES, WARM_UP = 6, 32, 192, 64, 12
RATE = 1e-3


class Tower(torch.nn.Module):
    """One full cross layer and mlp [192, 192] over the concatenated embeddings [rows, 192]."""

    def __init__(self):
        super().__init__()
        width = FIELDS * DIM
        self.cross = torch.nn.Linear(width, width)
        self.deep = torch.nn.Sequential(
            torch.nn.Linear(width, UNITS), torch.nn.ReLU(), torch.nn.Linear(UNITS, UNITS), torch.nn.ReLU(), torch.nn.Linear(UNITS, 1)
        )

    def forward(self, x0):
        return self.deep(x0 * self.cross(x0) + x0)


torch.manual_seed(0)
ids = torch.randint(0, VOCABULARY, (SLICES * BATCH, FIELDS))
labels = torch.rand(SLICES * BATCH, 1)


def prepare(mode):
    sparse = mode.startswith("sparse")
    tables = torch.nn.ModuleList([torch.nn.Embedding(VOCABULARY, DIM, sparse=sparse) for _ in range(FIELDS)])
    tower = Tower()

    def embedded(rows):
        return torch.cat([table(rows[:, i]) for i, table in enumerate(tables)], 1)

    def loss_of(x0, y):
        return ((tower(x0) - y) ** 2).mean()

    if mode == "sparse-compiled":
        compiled = torch.compile(loss_of)
        loss = lambda rows, y: compiled(embedded(rows), y)
    elif mode == "compiled":
        loss = torch.compile(lambda rows, y: loss_of(embedded(rows), y))
    else:
        loss = lambda rows, y: loss_of(embedded(rows), y)

    if sparse:
        optimizers = [torch.optim.SparseAdam(tables.parameters(), RATE), torch.optim.Adam(tower.parameters(), RATE, fused=True)]
    else:
        optimizers = [torch.optim.Adam([*tables.parameters(), *tower.parameters()], RATE, fused=True)]

    def step(i):
        at = slice(i % SLICES * BATCH, (i % SLICES + 1) * BATCH)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss(ids[at], labels[at]).backward()
        for optimizer in optimizers:
            optimizer.step()

    for i in range(WARM_UP):
        step(i)
    return lambda: median(timed(step)) * 1e3


serve(prepare, torch.__version__)
