import { check } from '../../src/model/check.js';
import { dataExplanations } from '../../src/model/explanations/data.js';
import type { Explanation } from '../../src/model/explanations/explanation.js';
import { lintExplanations } from '../../src/model/explanations/lints.js';
import { nameExplanations } from '../../src/model/explanations/names.js';
import { networkExplanations } from '../../src/model/explanations/networks.js';
import { textExplanations } from '../../src/model/explanations/text.js';
import { messages, type Code } from '../../src/model/messages.js';
import { renderDiagnostics } from '../../src/model/render.js';

/** Chapters, in the order of the page. */
const chapters: readonly (readonly [heading: string, explanations: Readonly<Record<string, Explanation>>])[] = [
  ['What cannot be read', textExplanations],
  ['Names, keys and values', nameExplanations],
  ['Data, features and embeddings', dataExplanations],
  ['Networks', networkExplanations],
  ['Lints, and comments that ignore them', lintExplanations],
];

const introduction = `# Diagnostics

<!-- Written by \`npm run generated\` from src/model/explanations; change them there. -->

Every error and warning has a code, which never changes its meaning. \`reccompile explain CODE\` prints what stands here.

An error stops every command; a warning does not. \`reccompile check\` finds all of them at once and exits with 1 if there is an error, with 0 if there are none or only warnings, and with 2 if its command line is wrong.

- \`check --fix\` mends what has one certain mending, such as a misspelt name that is near no other, and writes the file.
- \`check --watch\` checks again at each change.
- \`check --data\` reads the data too, and warns of what they hold.
- \`check --format github\` writes annotations for GitHub Actions, \`--format sarif\` a file for code scanning, \`--format json\` for another program.
- Of more than 100 the first are shown, errors before warnings, and how many more there are; the other formats have all.

A warning that is meant so is left out by a comment on its line or on the line above, with the reason:

\`\`\`
// rec-ignore unused-feature: the next model reads it
discount: number
\`\`\`

[The first mistakes](mistakes.md) shows what newcomers write, and what they are told.
`;

const fence = (info: string, text: string): string => `\`\`\`${info}\n${text.trimEnd()}\n\`\`\`\n`;

/** docs/diagnostics.md. */
export function page(): string {
  const contents = chapters.map(([heading, explanations]) => {
    const links = Object.keys(explanations).map((code) => `[\`${code}\`](#${code})`);
    return `- [${heading}](#${anchor(heading)}): ${links.join(', ')}`;
  });
  const sections = chapters.flatMap(([heading, explanations]) => [
    `## ${heading}\n`,
    ...Object.entries(explanations).map(([code, explanation]) => section(code as Code, explanation)),
  ]);
  return [introduction, `${contents.join('\n')}\n`, ...sections].join('\n');
}

const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

function section(code: Code, { explain, wrong, right, options, data }: Explanation): string {
  const given = [
    ...(options?.settings ?? []).map((setting) => `\`--set ${setting}\``),
    ...(data ? [`\`check --data\`, of ${data.says}`] : []),
  ];
  const condition = given.length > 0 ? ` (with ${given.join(', ')})` : '';
  const { diagnostics } = check({ path: 'clicks.rec', text: wrong }, options);
  return [
    `### ${code}\n`,
    `${messages[code].severity === 'error' ? 'Error' : 'Warning'}. ${explain}\n`,
    `Wrong${condition}:\n`,
    fence(`rec wrong ${code}`, wrong),
    ...(diagnostics.length > 0 ? [fence('text', renderDiagnostics(diagnostics))] : []),
    'Right:\n',
    fence('rec', right),
  ].join('\n');
}
