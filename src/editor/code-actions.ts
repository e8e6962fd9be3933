import {
  CodeActionKind,
  type CodeAction,
  type Diagnostic as LspDiagnostic,
  type Range,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import { lineEnding, lineStart, spanText, type Source } from '../language/source.js';
import type { Diagnostic } from '../model/diagnostics.js';
import { fixesOf } from '../model/fixes.js';
import { rangeOf, spanOf } from './places.js';
import type { Analysis } from './workspace.js';

export const fixAll = `${CodeActionKind.SourceFixAll}.reccompile`;

/** Fixes of what is wrong in a range, and all fixes of a text at once. */
export function codeActions(
  analysis: Analysis,
  range: Range,
  given: readonly LspDiagnostic[],
  only: readonly string[] | undefined,
): CodeAction[] {
  const { source, uri, checked } = analysis;
  const wants = (kind: string): boolean => !only || only.some((one) => kind === one || kind.startsWith(`${one}.`));
  const { start, end } = spanOf(source, range);
  const own = checked.diagnostics.filter(({ span }) => span.source === source);
  const here = own.filter(({ span }) => span.start <= end && span.end >= start);
  const fits = ({ code, span }: Diagnostic): LspDiagnostic[] =>
    given.filter((d) => d.code === code && JSON.stringify(d.range) === JSON.stringify(rangeOf(span)));
  const edit = (changes: readonly { readonly span: Diagnostic['span']; readonly text: string }[]): WorkspaceEdit => ({
    changes: { [uri]: changes.map(({ span, text }) => ({ range: rangeOf(span), newText: text })) },
  });
  const fixes = here.flatMap((d): CodeAction[] => {
    if (d.fix?.span.source !== source) return [];
    const { span, text } = d.fix;
    const title =
      text === '' ? `Remove \`${spanText(span)}\`` : span.start === span.end ? `Add \`${text.trim()}\`` : `Change to \`${text}\``;
    return [{ title, kind: CodeActionKind.QuickFix, diagnostics: fits(d), isPreferred: true, edit: edit([d.fix]) }];
  });
  const ignores = here.flatMap((d): CodeAction[] => {
    if (d.severity !== 'warning') return [];
    const { at, indent } = commentsAbove(source, d.span.start);
    const text = `${indent}// rec-ignore ${d.code}: why${lineEnding(source.text)}`;
    const title = `Ignore \`${d.code}\` here`;
    return [
      {
        title,
        kind: CodeActionKind.QuickFix,
        diagnostics: fits(d),
        edit: edit([{ span: { source, start: at, end: at }, text }]),
      },
    ];
  });
  const all = fixesOf(source, checked.diagnostics);
  const everything: CodeAction[] = all.length > 0 ? [{ title: 'Fix all that is certain', kind: fixAll, edit: edit(all) }] : [];
  return [...fixes, ...ignores, ...everything].filter(({ kind }) => wants(kind ?? ''));
}

/** Where a comment on the line of an offset goes: above those that it has, so that none is parted from its line. */
function commentsAbove(source: Source, offset: number): { readonly at: number; readonly indent: string } {
  const { text } = source;
  let at = lineStart(source, offset);
  const indent = /^\uFEFF?([ \t]*)/.exec(text.slice(at))?.[1] ?? '';
  while (at > 0) {
    const before = lineStart(source, at - 1);
    if (!/^\uFEFF?[ \t]*\/\//.test(text.slice(before, at))) break;
    at = before;
  }
  return { at: at === 0 && text.startsWith('\uFEFF') ? 1 : at, indent };
}
