import {
  DiagnosticSeverity,
  DiagnosticTag,
  type Diagnostic as LspDiagnostic,
  type DiagnosticRelatedInformation,
} from 'vscode-languageserver';
import type { Diagnostic } from '../model/diagnostics.js';
import { locationOf, rangeOf } from './places.js';
import type { Analysis, Workspace } from './workspace.js';

/** Greyed, as nothing needs them. */
const unused: ReadonlySet<string> = new Set<Diagnostic['code']>([
  'unused-import',
  'unused-feature',
  'unused-tensor',
  'unused-setting',
]);

/** What a text says is wrong with it and with the files that it imports, by URI; its own is always there. */
export function diagnosticsOf(analysis: Analysis, workspace: Workspace): ReadonlyMap<string, readonly LspDiagnostic[]> {
  const byUri = new Map<string, LspDiagnostic[]>([[analysis.uri, []]]);
  if (analysis.isLibrary) return byUri;
  for (const found of analysis.checked.diagnostics) {
    const uri = found.span.source === analysis.source ? analysis.uri : workspace.uriOf(found.span.source.path);
    const list = byUri.get(uri) ?? [];
    byUri.set(uri, list);
    list.push(converted(found, workspace));
  }
  return byUri;
}

function converted(found: Diagnostic, { host, uriOf }: Workspace): LspDiagnostic {
  const { code, severity, span, message, help } = found;
  const [, ...labels] = found.labels;
  const related = [...labels, ...found.notes, ...found.trace].flatMap(({ span: at, text }): DiagnosticRelatedInformation[] => {
    const path = at.source.path.startsWith('std/') ? host.library?.(at.source.path) : at.source.path;
    return path === undefined ? [] : [{ location: locationOf(at, uriOf(path)), message: text === '' ? 'here' : text }];
  });
  return {
    range: rangeOf(span),
    severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source: 'reccompile',
    message: help === undefined ? message : `${message}\n${help}`,
    ...(related.length > 0 && { relatedInformation: related }),
    ...(unused.has(code) && { tags: [DiagnosticTag.Unnecessary] }),
  };
}

/** The same problem, found in two specs that import one file, is one. */
export function withoutRepeated(diagnostics: readonly LspDiagnostic[]): LspDiagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, range, message }) => {
    const place = JSON.stringify([code, range, message]);
    return !seen.has(place) && seen.add(place);
  });
}
