"""MovieLens 1M for the peers: the rows, the split and the ids that `movielens.rec` beside it asks for."""

import numpy as np
import pandas as pd

COLUMNS = ["user_id", "movie_id", "gender", "age", "occupation", "zip"]


def read(folder):
    """Rows in each column's vocabulary, ids of the training and of the test rows by column [rows], and their ratings [rows]; 0 is unknown."""
    ratings = pd.read_csv(f"{folder}/ratings.csv.gz").dropna(subset=["movie_id"])
    names = ["user_id", "gender", "age", "occupation", "zip"]
    users = pd.read_csv(f"{folder}/users.dat", sep="::", engine="python", names=names, dtype={"zip": str})
    rows = ratings.merge(users, on="user_id")
    order = np.random.RandomState(42).permutation(len(rows))
    cut = int(len(rows) * 0.8)
    train, test = rows.iloc[order[:cut]], rows.iloc[order[cut:]]
    sizes, ids = [], ([], [])
    for column in COLUMNS:
        vocabulary = pd.Index(np.sort(train[column].unique()))
        sizes.append(len(vocabulary) + 1)
        for part, split in zip(ids, (train, test)):
            part.append(vocabulary.get_indexer(split[column]) + 1)
    return sizes, *ids, *(split["rating"].to_numpy("float32") for split in (train, test))
