import * as t from '../../src/language/tokens.js';

const pairs = [...t.closerOf].map(([open, close]) => [t.textOf(open), t.textOf(close)] as const);
const quoted = [{ open: '"', close: '"', notIn: ['string', 'comment'] }];
const openers = pairs.map(([open]) => `\\${open}`).join('');
const closers = pairs.map(([, close]) => `\\${close}`).join('');

/** How an editor closes brackets, comments lines out, finds words and indents: a language configuration of VS Code. */
export const languageConfiguration = {
  comments: { lineComment: '//' },
  brackets: pairs,
  colorizedBracketPairs: pairs,
  autoClosingPairs: [...pairs.map(([open, close]) => ({ open, close })), ...quoted],
  autoCloseBefore: ` \t\n,:${pairs.map(([, close]) => close).join('')}`,
  surroundingPairs: [...pairs, ['"', '"']],
  wordPattern: t.patternOf(t.Identifier).source,
  indentationRules: {
    increaseIndentPattern: `^((?!//)[^"]|"[^"]*")*[${openers}]([^${openers}${closers}]|[${openers}][^${openers}${closers}]*[${closers}])*$`,
    decreaseIndentPattern: `^\\s*[${closers}]`,
  },
  onEnterRules: [{ beforeText: '^\\s*///.*$', action: { indent: 'none', appendText: '/// ' } }],
} as const;
