import { writeString } from '../../src/language/literals.js';

/** What an attacker chooses of a spec: names, of those that the language lets pass; any strings; comments. */
export interface Choices {
  readonly name: (tame: string) => string;
  readonly string: (tame: string) => string;
  readonly comment: (tame: string) => string;
}

export const tame: Choices = { name: (name) => name, string: (text) => text, comment: (text) => text };

/** A spec with a text in every place that has one. @param learns whether a vocabulary and statistics are learned */
export function specWith({ name, string, comment }: Choices, learns: boolean): string {
  const quoted = (text: string): string => writeString(string(text));
  const doc = (text: string): string =>
    comment(text)
      .split(/\r\n?|\n/)
      .map((line) => `/// ${line}`)
      .join('\n');
  const list = (...texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`;
  return `edition 1
${doc('A model of films.')}
model ${name('Films')} {
  data {
    source: csv(${quoted('films.csv')}, separator: ${quoted('|')})
    join: { ${name('people')}: csv(${quoted('people.csv')}, on: ${name('user')}) }
    keep: ${name('part')} != ${quoted('left out')} and ${name('place')} in ${list('here', 'there')}
    split: by_column(${name('part')}, train: ${quoted('train')}, test: ${quoted('test')})
  }
  features {
    ${doc('Who looks at the film.')}
    ${name('user')}: category${learns ? '' : '(size: 9)'}
    ${name('device')}: category(values: ${list('phone', 'tablet', 'television')}, default: ${quoted('phone')}) = column(${quoted('Device')})
    ${name('city')}: category(hash: 40, default: ${quoted('none')}) = lower(column(${quoted('City')}))
    ${doc('What the film is about.')}
    ${name('genres')}: category[](hash: 20, separator: ${quoted(',')})
    ${name('both')}: category(cross: [${name('user')}, ${name('city')}], hash: 30)
    ${name('price')}: number(log1p${learns ? ', standardize' : ''}, default: 3)
    ${name('title')}: number[3] = column(${quoted('Title')})
    ${name('seen_at')}: time(cycle: [day])
  }
  ${doc('Whether the user liked it.')}
  label ${name('liked')}: binary = column(${quoted('Answer')}) == ${quoted('yes')}
  embeddings { dim: 2 }
  network {
    ${name('hidden')} = mlp(concat(${name('user')}, ${name('device')}, ${name('city')}, ${name('genres')}, ${name('both')}, ${name('price')}, ${name('title')}, ${name('seen_at')}), [3])
    ${name('liked')} = linear(${name('hidden')}, 1)
  }
  train { optimizer: { embeddings: adagrad(0.1), rest: sgd(0.1) }, batch: 8, epochs: 1 }
  metrics: [auc]
}
`;
}
