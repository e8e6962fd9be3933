/**
 * What newcomers write first, with habits of JSON, YAML and Python: each message alone has to be enough to mend it. The texts were written
 * before the messages were looked at; docs/mistakes.md has them.
 */
export const short = `model Ranker {
  data {
    source: "ratings.csv"
    split: random(train: 0.8, valid: 0.1, test: 0.1)
  }
  features {
    user_id: category
    movie_id: category
    age: number(standardize)
  }
  label liked: binary = rating >= 4
  embeddings { dim: 16 }
  cross { depth: 3 }
  deep { units: [64, 32] }
  train {
    optimizer: adam(1e-3)
    epochs: 3
  }
  metrics: [auc]
}
`;
export const general = short.replace(
  '  cross { depth: 3 }\n  deep { units: [64, 32] }\n',
  `  network {
    v = fields(user_id, movie_id)
    h = mlp(concat(flatten(v), age), [64])
    liked = fm(v) + linear(h, 1)
  }
`,
);

/** Replaces a part, gives `code «place»` and a phrase of what is printed for each; and whether --fix mends it. */
export type Mistake = readonly [
  text: string,
  from: string,
  to: string,
  wanted: readonly (readonly [string, string])[],
  fixes: boolean,
];

export const mistakes: Readonly<Record<string, readonly Mistake[]>> = {
  'a name that is not there': [
    [
      general,
      'fields(user_id, movie_id)',
      'fields(user_id, movei_id)',
      [['unknown-name «movei_id»', 'did you mean `movie_id`?']],
      true,
    ],
    [
      general,
      'concat(flatten(v), age)',
      'concat(flatten(v), gender)',
      [['unknown-name «gender»', 'a column is declared in `features`']],
      false,
    ],
  ],
  'a bracket is missing, or one too many': [
    [
      short,
      'number(standardize)\n  }',
      'number(standardize)',
      [['unclosed-bracket «label»', 'note: it was opened here\n    6 |   features {']],
      false,
    ],
    [short, '[64, 32]', '[64, 32', [['unclosed-bracket «}»', '"]" is missing']], false],
    [
      short,
      'epochs: 3\n  }',
      'epochs: 3\n  }\n  }',
      [
        ['expected «metrics»', 'is there a `}` too many above?'],
        ['expected «}»', 'does not belong here'],
      ],
      false,
    ],
  ],
  'a path without quotes': [
    [short, '"ratings.csv"', 'ratings.csv', [['wrong-value «ratings.csv»', 'put it in quotes: "ratings.csv"']], true],
    [
      short,
      '"ratings.csv"',
      'data/ratings.csv',
      [['wrong-value «data/ratings.csv»', 'put it in quotes: "data/ratings.csv"']],
      true,
    ],
    [short, '"ratings.csv"', '../ratings.csv', [['expected «..»', 'a path stands in quotes: "../ratings.csv"']], false],
  ],
  'a section or key of another name': [
    [short, 'features {', 'feature {', [['unknown-section «feature»', 'did you mean `features`?']], true],
    [short, 'train {\n', 'training {\n', [['unknown-section «training»', 'did you mean `train`?']], true],
    [short, 'epochs: 3', 'epoch: 3', [['unknown-key «epoch»', 'did you mean `epochs`?']], true],
    [
      short,
      'epochs: 3',
      'epochs: 3\n    learning_rate: 0.001',
      [['unknown-key «learning_rate»', '`optimizer: adam(1e-3)`']],
      false,
    ],
    [short, 'depth: 3', 'depth: x', [['wrong-value «x»', 'is a whole number ≥ 1, not `x`']], false],
  ],
  'JSON and YAML': [
    [short, 'epochs: 3', 'epochs = 3', [['expected «=»', 'a key and its value stand with `:` between them']], true],
    [
      short,
      'user_id: category',
      '"user_id": category',
      [['expected «"user_id"»', 'names stand without quotes: `user_id`']],
      true,
    ],
    [short, 'train {', '"train": {', [['expected «"train"»', 'names stand without quotes: `train`']], true],
    [short, 'epochs: 3', 'epochs: 3;', [['unexpected-character «;»', 'entries and statements need nothing between them']], true],
    [general, 'v = fields', 'v: fields', [['expected «:»', 'a statement of a network stands with `=`']], true],
    ['model: Ranker\n', '', '', [['expected «:»', 'a model is `model Name { … }`']], false],
    ['{"model": {}}', '', '', [['expected «{»', 'a file begins with `model Name {`']], false],
    ['data { source: "ratings.csv" }', '', '', [['expected «data»', 'sections stand within `model Name { … }`']], false],
  ],
  Python: [
    [short, '"ratings.csv"', "'ratings.csv'", [["unexpected-character «'ratings.csv'»", 'write "ratings.csv"']], true],
    [
      short,
      '  label',
      '  # what is predicted: 1 = liked\n  label',
      [['unexpected-character «#»', 'a comment begins with `//`']],
      true,
    ],
    [short, '[64, 32]', '(64, 32)', [['expected «,»', 'a list stands in [ ]: `[64, 32]`']], false],
    [short, '[64, 32]', '64', [['wrong-argument «64»', 'put it in [ ]: `[64]`']], true],
    [short, '(standardize)', '(standardize=True)', [['expected «=»', 'stand with `:` between them']], true],
    [short, 'epochs: 3', 'epochs: 3\n    seed: None', [['wrong-value «None»', 'leave the key out']], false],
    [short, 'rating >= 4', 'rating = 4', [['expected «=»', 'to compare, write `==` or `>=`']], false],
  ],
  'kinds of columns': [
    [
      short,
      'age: number(standardize)',
      'age: int',
      [['unknown-type «int»', 'a quantity is `number`, the number of a thing `category`']],
      false,
    ],
    [short, 'movie_id: category', 'movie_id: string', [['unknown-type «string»', 'did you mean `category`?']], true],
    [short, 'user_id: category', 'user_id: "category"', [['wrong-value «"category"»', 'leave the quotes out']], true],
  ],
  'the label': [
    [
      short,
      '  label liked: binary = rating >= 4\n',
      '',
      [['missing-section «Ranker»', 'say what it predicts: `label liked: binary = rating >= 4`']],
      false,
    ],
    [
      short,
      'label liked: binary',
      'label liked',
      [['expected «=»', 'the kind of a label comes first: `label liked: binary']],
      false,
    ],
    [
      short,
      'label liked: binary = rating >= 4',
      'label: liked',
      [['expected «:»', 'a label is `label liked: binary = rating >= 4`']],
      false,
    ],
    [
      short,
      'age: number',
      'rating: number',
      [['leaking-label «rating»', 'reads the column that label `liked` is made of']],
      false,
    ],
  ],
  'sizes that differ': [
    [general, 'dim: 16', 'dim: 16, user_id: { dim: 32 }', [['unequal-embedding-dims «user_id»', 'set one dim for all']], false],
    [
      general,
      'concat(flatten(v), age)',
      'concat(v, age)',
      [['shape-mismatch «concat(v, age)»', '`flatten(v)` makes one vector of the matrix']],
      false,
    ],
    [
      short,
      '  embeddings { dim: 16 }\n',
      '',
      [
        ['missing-dim «user_id»', 'say `embeddings { dim: 32 }` for all'],
        ['missing-dim «movie_id»', ''],
      ],
      false,
    ],
  ],
  'numbers of other languages': [
    [short, 'valid: 0.1', 'valid: .1', [['expected «.»', 'a digit stands before the point: `0.1`']], true],
    [short, 'units: [64, 32]', 'units: [64, 32], dropout: .25', [['expected «.»', '`0.25`']], true],
    [short, '[64, 32]', '[64, 32], dropout: 20%', [['expected «}»', 'shares are parts of 1: write 0.2']], false],
    [short, 'rating >= 4', 'log1p(rating) >= 1', [['unknown-function «log1p»', '`log1p(x)` is written `log(1 + x)`']], false],
    [short, 'rating >= 4', 'rating == True', [['unknown-column «True»', 'write `true`, or 1']], false],
  ],
  'names that are not words': [
    [
      short,
      'age: number(standardize)',
      'Salary €: number',
      [['unexpected-character «€»', 'say its name behind it: `city: category = column("City Name")`']],
      false,
    ],
    [short, 'age: number(standardize)', 'power kW: number', [['expected «kW»', 'a name has no blanks']], false],
    [short, 'age: number(standardize)', '1st_seen: number', [['expected «1»', 'a name begins with a letter']], false],
    [
      short,
      'age: number(standardize)',
      'salary: number = "Salary €"',
      [['column-type «"Salary €"»', 'a column of this name is `column("Salary €")`']],
      false,
    ],
    [short, 'rating >= 4', '"The rating" >= 4', [['column-type «"The rating"»', '`column("The rating")`']], false],
  ],
  'something is left out': [
    [
      short,
      'label liked: binary = rating >= 4\n',
      'label liked\n',
      [['expected «embeddings»', 'a label has a kind: `label liked: binary`, `number` or `class(n)`']],
      false,
    ],
    [short, 'age: number', 'age number', [['expected «number»', 'with `:` between them: `age: number`']], true],
    [
      short,
      'movie_id: category',
      'movie_id: category(values: ["a" "b"])',
      [['expected «"b"»', 'a `,` stands between the entries of a list']],
      false,
    ],
    [
      short,
      'movie_id: category',
      'movie_id: category(seperator: ",")',
      [['unknown-key «seperator»', '`category[]`, a feature with several values in a row, has `separator`']],
      false,
    ],
  ],
  'a network in place of an inherited short form': [
    [
      `${short}\nmodel Other extends Ranker {\n  cross: none\n  deep: none\n  network { liked = linear(age, 1) }\n}\n`,
      '',
      '',
      [
        [
          'network-and-short-form «cross»',
          'leave `cross: none` out: a network takes the place of an inherited short form by itself',
        ],
        ['network-and-short-form «deep»', 'leave `deep: none` out'],
      ],
      true,
    ],
  ],
  'words of other programs': [
    [short, 'binary =', 'bool =', [['wrong-value «bool»', 'did you mean `binary`?']], true],
    [
      short.replace('[auc]', '[rmse]'),
      'binary = rating >= 4',
      'regression = rating',
      [['wrong-value «regression»', 'did you mean `number`?']],
      true,
    ],
    [short, 'units:', 'layers:', [['unknown-key «layers»', 'did you mean `units`?']], true],
    [short, 'adam(1e-3)', 'adam(lr=1e-3)', [['expected «=»', 'stand with `:` between them']], true],
    [short, 'number(standardize)', 'float(standardise)', [['unknown-type «float»', 'did you mean `number`?']], true],
    [short, '  label', '  /* what is predicted */\n  label', [['expected «/»', 'a comment begins with `//`']], false],
    [short, 'model Ranker {', 'model Ranker:', [['expected «:»', '`model Ranker { … }`']], false],
    [
      short,
      'rating >= 4',
      '1 if rating >= 4 else 0',
      [['expected «if»', 'a choice is written `if condition then a else b`']],
      false,
    ],
    [
      short,
      'rating >= 4',
      'rating >= 4, weight: 2',
      [
        ['expected «,»', '`label liked: binary(weight: 2)`'],
        ['unknown-section «weight»', ''],
      ],
      false,
    ],
  ],
  shares: [
    [
      short,
      'train: 0.8, valid: 0.1, test: 0.1',
      'train: 80, valid: 10, test: 10',
      [
        ['out-of-range «80»', 'shares are parts of 1: write 0.8'],
        ['out-of-range «10»', ''],
        ['out-of-range «10»', ''],
      ],
      true,
    ],
  ],
};
