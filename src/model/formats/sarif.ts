import type { Span } from '../../language/source.js';
import type { Diagnostic, Marked } from '../diagnostics.js';
import { explanations } from '../explanations.js';
import { standard } from '../library.js';
import { messages, type Code } from '../messages.js';
import { placeJson } from './json.js';
import type { Format } from './report.js';

/**
 * The Static Analysis Results Interchange Format, for code scanning and editors.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export const sarif: Format = ({ diagnostics, unread }, { version }) => {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'reccompile', version, rules: codes.map(rule) } },
        columnKind: 'unicodeCodePoints',
        invocations: [
          {
            executionSuccessful: unread.length === 0,
            toolExecutionNotifications: unread.map((text) => ({ level: 'error', message: { text } })),
          },
        ],
        results: diagnostics.map((d) => result(d, codes)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
};

const fenced = (spec: string): string => `\`\`\`rec\n${spec}\`\`\``;

function rule(code: Code): unknown {
  const { explain, wrong, right } = explanations[code];
  return {
    id: code,
    shortDescription: { text: code.replaceAll('-', ' ') },
    fullDescription: { text: explain },
    help: {
      text: `${explain}\n\nWrong:\n\n${wrong}\nRight:\n\n${right}`,
      markdown: `${explain}\n\nWrong:\n\n${fenced(wrong)}\n\nRight:\n\n${fenced(right)}\n`,
    },
    defaultConfiguration: { level: messages[code].severity },
  };
}

function result(d: Diagnostic, codes: readonly Code[]): unknown {
  const related = [...d.labels.slice(1), ...d.notes, ...d.trace];
  return {
    ruleId: d.code,
    ruleIndex: codes.indexOf(d.code),
    level: d.severity,
    message: { text: d.help === undefined ? d.message : `${d.message}\nhelp: ${d.help}` },
    locations: [{ physicalLocation: physical(d.span) }],
    ...(related.length > 0 && {
      relatedLocations: related.map((r, id) => ({ id, physicalLocation: physical(r.span), message: { text: r.text } })),
    }),
    ...(d.fix && { fixes: [fixOf(d.fix)] }),
  };
}

const fixOf = ({ span, text }: Marked): unknown => ({
  description: { text: text === '' ? 'leave it out' : `write \`${text}\`` },
  artifactChanges: [
    { artifactLocation: artifact(span), replacements: [{ deletedRegion: region(span), insertedContent: { text } }] },
  ],
});

const physical = (span: Span): unknown => ({ artifactLocation: artifact(span), region: region(span) });

function region(span: Span): unknown {
  const { line, column, endLine, endColumn } = placeJson(span);
  return { startLine: line, startColumn: column, endLine, endColumn };
}

/** Files of the library are not in anybody's folder; others are relative to where the command runs, as diagnostics have them. */
function artifact({ source }: Span): { readonly uri: string } {
  if (standard().sources.has(source)) return { uri: `reccompile:${source.path}` };
  const path = source.path.split('/').map(encodeURIComponent).join('/');
  const isAbsolute = /^(?:[A-Za-z]:)?\//.test(source.path);
  return { uri: isAbsolute ? `file://${path.startsWith('/') ? '' : '/'}${path.replace(/^([A-Za-z])%3A/, '$1:')}` : path };
}
