"""MovieLens 1M from its files to a test RMSE in PyTorch. usage: e2e_torch.py FOLDER dense|sparse EPOCHS

Batches are sliced from tensors, which takes less than half the time of a DataLoader; compiling takes longer than it gains in one epoch.
"""

import json
import sys
import time

start = time.perf_counter()
import numpy as np
import torch
from movielens import read

folder, mode, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
BATCH, DIM, UNITS, RATE = 1024, 32, 192, 1e-3
imported = time.perf_counter()

sizes, train_ids, test_ids, train_labels, test_labels = read(folder)
x_train, x_test = (torch.from_numpy(np.stack(ids, 1)) for ids in (train_ids, test_ids))
y_train, y_test = (torch.from_numpy(labels)[:, None] for labels in (train_labels, test_labels))
ready = time.perf_counter()


class Dcn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        width = DIM * len(sizes)
        self.tables = torch.nn.ModuleList([torch.nn.Embedding(size, DIM, sparse=mode == "sparse") for size in sizes])
        self.cross = torch.nn.Linear(width, width)
        self.deep = torch.nn.Sequential(
            torch.nn.Linear(width, UNITS), torch.nn.ReLU(), torch.nn.Linear(UNITS, UNITS), torch.nn.ReLU(), torch.nn.Linear(UNITS, 1)
        )

    def forward(self, ids):
        x0 = torch.cat([table(ids[:, i]) for i, table in enumerate(self.tables)], 1)
        return self.deep(x0 * self.cross(x0) + x0)


torch.manual_seed(0)
model = Dcn()
for table in model.tables:
    torch.nn.init.uniform_(table.weight, -0.05, 0.05)
if mode == "sparse":
    dense = [weight for name, weight in model.named_parameters() if not name.startswith("tables")]
    optimizers = [torch.optim.SparseAdam(model.tables.parameters(), RATE), torch.optim.Adam(dense, RATE, fused=True)]
else:
    optimizers = [torch.optim.Adam(model.parameters(), RATE, fused=True)]

for _ in range(epochs):
    for rows in torch.randperm(len(x_train)).split(BATCH):
        for optimizer in optimizers:
            optimizer.zero_grad()
        ((model(x_train[rows]) - y_train[rows]) ** 2).mean().backward()
        for optimizer in optimizers:
            optimizer.step()
trained = time.perf_counter()

with torch.no_grad():
    errors = torch.cat([model(x) for x in x_test.split(8192)]) - y_test
rmse = errors.square().mean().sqrt().item()
end = time.perf_counter()
parts = {"import": imported - start, "data": ready - imported, "train": trained - ready, "evaluate": end - trained}
print(json.dumps({"rmse": rmse, "rows": len(x_train), "seconds": parts, "version": torch.__version__}))
