import { format } from '../../src/language/format.js';
import { parse } from '../../src/language/parser.js';
import { print } from '../../src/language/printer.js';
import type { Source, Span } from '../../src/language/source.js';
import { check, type CheckOptions } from '../../src/model/check.js';
import { expand } from '../../src/model/expand.js';
import { renderDiagnostics } from '../../src/model/render.js';

/** For one text. */
const mostSeconds = 1;
/** A busy machine is slow at times; what hangs is slow each time. */
const trials = 3;

/** What a message says where a value of it is missing. */
const unsaid = /``|undefined|\[object/;

const isInside = ({ source, start, end }: Span): boolean => 0 <= start && start <= end && end <= source.text.length;

/**
 * Sends a text through the parser, the checker, `expand` and the formatter, and says what none of them may do with any text:
 * throw, take longer than a second, point outside the file. Nothing where all is well.
 */
export function faultsOf(text: string, options?: CheckOptions): readonly string[] {
  let fewest = Infinity;
  for (let trial = 0; trial < trials; trial++) {
    const { faults, seconds } = tryText(text, options);
    fewest = Math.min(fewest, seconds);
    if (faults.length > 0) return faults;
    if (fewest <= mostSeconds) return [];
  }
  return [`takes ${fewest.toFixed(1)} s`];
}

/** The processor's time is that of every thread, the clock's that of every program: neither is less than what the text took. */
function tryText(text: string, options: CheckOptions | undefined): { faults: readonly string[]; seconds: number } {
  const [cpu, clock] = [process.cpuUsage(), performance.now()];
  const faults: string[] = [];
  try {
    faults.push(...wrongIn(text, options));
  } catch (error) {
    faults.push(`throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { faults, seconds: Math.min((user + system) / 1e6, (performance.now() - clock) / 1e3) };
}

function* wrongIn(text: string, options: CheckOptions = {}): Generator<string> {
  const source = { path: 'spec.rec', text };
  const checked = check(source, options);
  for (const d of checked.diagnostics) {
    const spans = [d, ...d.labels, ...d.notes, ...d.trace, ...(d.fix ? [d.fix] : [])].map(({ span }) => span);
    if (!spans.every(isInside)) yield `${d.code} points outside the file`;
    if (d.span.source.path.startsWith('std')) yield `${d.code} points into the library`;
    const said = `${d.message} ${d.help ?? ''}`;
    if (unsaid.test(said) && !unsaid.test(text)) yield `${d.code} says: ${said}`;
  }
  const drawn = renderDiagnostics(checked.diagnostics);
  if ((drawn === '') !== (checked.diagnostics.length === 0)) yield 'diagnostics are not drawn';
  const hasErrors = checked.diagnostics.some(({ severity }) => severity === 'error');
  if (!hasErrors) yield* misread('what expand prints', print(expand(checked, { whole: true })));
  print(checked.file);
  yield* misformatted(source);
}

function* misformatted(source: Source): Generator<string> {
  const formatted = format(source);
  if (!('text' in formatted)) return;
  const again = format({ ...source, text: formatted.text });
  if (!('text' in again)) yield 'what is formatted cannot be read';
  else if (again.text !== formatted.text) yield 'formatting twice changes something';
}

function* misread(what: string, text: string): Generator<string> {
  if (parse({ path: 'spec.rec', text }).problems.length > 0) yield `${what} cannot be read`;
}
