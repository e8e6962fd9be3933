import type { Span } from '../language/source.js';
import { messages, type Code, type MessageParameters } from './messages.js';

export type Severity = 'error' | 'warning';

/** A place and what to say of it. */
export interface Marked {
  readonly span: Span;
  readonly text: string;
}

export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  readonly span: Span;
  readonly message: string;
  /** Drawn under the code: the first stands for `span` itself. */
  readonly labels: readonly Marked[];
  /** Related places, each with a frame of its own. */
  readonly notes: readonly Marked[];
  /** The calls that led here, innermost first. */
  readonly trace: readonly Marked[];
  readonly help?: string;
  /** A replacement that is certain to be meant. */
  readonly fix?: Marked;
}

export interface DiagnosticDetails {
  /** What stands under the carets of the main place. */
  readonly label?: string;
  readonly labels?: readonly Marked[];
  readonly notes?: readonly Marked[];
  readonly trace?: readonly Marked[];
  readonly help?: string | undefined;
  readonly fix?: Marked | undefined;
}

export type Report = <C extends Code>(code: C, span: Span, parameters: MessageParameters<C>, details?: DiagnosticDetails) => void;

/** Collects diagnostics; of several errors at one place the first stays, and of equal warnings one. */
export function createReport(): {
  readonly report: Report;
  readonly diagnostics: () => readonly Diagnostic[];
  readonly errors: () => number;
} {
  const found: Diagnostic[] = [];
  const places = new Map<unknown, Set<string>>();
  let errors = 0;
  const report: Report = (code, span, parameters, details = {}) => {
    const { severity, text } = messages[code];
    const starts = places.get(span.source) ?? new Set();
    places.set(span.source, starts);
    const place = severity === 'error' ? String(span.start) : `${code} ${String(span.start)}`;
    if (starts.has(place)) return;
    starts.add(place);
    if (severity === 'error') errors += 1;
    const message = (text as (parameters: MessageParameters<typeof code>) => string)(parameters);
    found.push({
      code,
      severity,
      span,
      message,
      labels: [{ span, text: details.label ?? '' }, ...(details.labels ?? [])],
      notes: details.notes ?? [],
      trace: details.trace ?? [],
      ...(details.help !== undefined && { help: details.help }),
      ...(details.fix && { fix: details.fix }),
    });
  };
  const diagnostics = (): readonly Diagnostic[] => {
    const order = new Map<unknown, number>();
    for (const d of found) if (!order.has(d.span.source)) order.set(d.span.source, order.size);
    return [...found].sort(
      (a, b) => (order.get(a.span.source) ?? 0) - (order.get(b.span.source) ?? 0) || a.span.start - b.span.start,
    );
  };
  return { report, diagnostics, errors: () => errors };
}
