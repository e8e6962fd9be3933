import type { Span } from '../../language/source.js';
import { fail, Stop, type Place } from './context.js';

/** Turns of loops and calls that one network may make. */
export const mostCalls = 25_000;

/** Calls within calls, and functions made of functions. */
export const deepest = 200;

/** Expressions and elements of lists that the networks of one file may go through: far less than a second, also on a busy machine. */
const mostSteps = 200_000;

/** What a file's networks have cost so far. */
export interface Effort {
  steps: number;
}

/** Counts a call or a turn of a loop. */
export function countCall(place: Place, span: Span): void {
  const { context } = place;
  context.calls += 1;
  const over = context.calls - mostCalls;
  if (over === 1) fail(place, 'too-many-calls', span, { limit: mostCalls });
  if (over > 1) throw new Stop();
}

/** Counts expressions that are evaluated, or elements of a list that are copied. */
export function countSteps(place: Place, span: Span, steps = 1): void {
  const { effort } = place.context;
  const before = effort.steps;
  effort.steps += steps;
  if (effort.steps <= mostSteps) return;
  if (before > mostSteps) throw new Stop();
  fail(place, 'too-large', span, { what: 'expanding the networks of this file', limit: '200,000 steps' });
}
