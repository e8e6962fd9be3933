import { check } from '../../src/model/check.js';
import { mend } from '../../src/model/mend.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { mistakes, short, type Mistake } from '../../test/model/mistakes.js';

const introduction = `# The first mistakes

<!-- Written by \`npm run generated\` from test/model/mistakes.ts; change them there. -->

What is written first by people who know JSON, YAML or Python, each in an otherwise right spec, and what \`reccompile check\` prints. [Diagnostics](diagnostics.md) explains each code.

The spec:
`;

const fence = (info: string, text: string): string => `\`\`\`${info}\n${text.trimEnd()}\n\`\`\`\n`;

/** docs/mistakes.md. */
export function page(): string {
  const sections = Object.entries(mistakes).flatMap(([heading, all]) => [
    `## ${heading.charAt(0).toUpperCase()}${heading.slice(1)}\n`,
    ...all.map(shown),
  ]);
  return [introduction, fence('rec', short), ...sections].join('\n');
}

function shown([text, from, to]: Mistake): string {
  const wrong = text.replace(from, to);
  const source = { path: 'ranker.rec', text: wrong };
  const printed = renderDiagnostics(check(source).diagnostics);
  const isMended = check({ ...source, text: mend(source).text }).diagnostics.length === 0;
  return `${fence('text', printed)}${isMended ? '\n`check --fix` mends it.\n' : ''}`;
}
