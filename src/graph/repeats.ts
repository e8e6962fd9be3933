/** Fewer turns than these always agree with one formula or another. */
const FEWEST_TURNS = 3;
/** A repeat that saves fewer lines is not worth its braces. */
const FEWEST_SAVED = 10;
/** Lines of a turn that are looked for. */
const LONGEST_TURN = 1000;

/** A line cut at its whole numbers: texts[0] numbers[0] texts[1] numbers[1] … */
interface Line {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
  /** Equal for lines that differ in numbers only. */
  readonly form: string;
}

/**
 * Lines whose turns are written once: a run of lines that comes again and again, where every number moves by the same step from
 * turn to turn, becomes `repeat i = 1 … 63 { … }`, each number in it a formula such as `{6i+9}`. Nothing is lost: each `i` put into
 * the formulas gives the lines of a turn. `i` is the number in the names of a turn, or else that of the turn it refers back to.
 */
export function foldRepeats(lines: readonly string[]): string[] {
  const cut = lines.map(cutAtNumbers);
  const folded: string[] = [];
  const before: Written[] = [];
  for (let start = 0; start < lines.length;) {
    const repeat = bestRepeat(cut, start);
    const from = repeat?.start ?? start + 1;
    folded.push(...lines.slice(start, from));
    start = from;
    if (!repeat) continue;
    const counter = counterOf(cut, repeat, before);
    before.push({ ...repeat, counter });
    folded.push(...written(cut, repeat, counter));
    start += repeat.length * repeat.turns;
  }
  return folded;
}

function cutAtNumbers(line: string): Line {
  // A number with leading zeros would not be written back as it was.
  const pieces = line.split(/(?<!\d)(0(?!\d)|[1-9]\d{0,14}(?!\d))/);
  const texts = pieces.filter((_, i) => i % 2 === 0);
  return { texts, numbers: pieces.filter((_, i) => i % 2 === 1).map(Number), form: texts.join('\0') };
}

interface Repeat {
  readonly start: number;
  /** Lines of a turn. */
  readonly length: number;
  readonly turns: number;
}

/** The repeat from this line on that saves most lines, or one that begins a little later, where its names begin to count. */
function bestRepeat(lines: readonly Line[], start: number): Repeat | undefined {
  let best: Repeat | undefined;
  let most = FEWEST_SAVED - 1;
  const longest = Math.min(LONGEST_TURN, Math.floor((lines.length - start) / FEWEST_TURNS));
  for (let length = 1; length <= longest; length++) {
    if (lines[start]?.form !== lines[start + length]?.form) continue;
    const turns = turnsOf(lines, start, length);
    const saved = (turns - 1) * length - 2;
    if (turns < FEWEST_TURNS || saved <= most) continue;
    [best, most] = [{ start, length, turns }, saved];
  }
  return best && wholeTurns(lines, best);
}

/** The same repeat from where each turn has the names of one number only, if it is there for nearly as many turns. */
function wholeTurns(lines: readonly Line[], repeat: Repeat): Repeat {
  const { start, length, turns } = repeat;
  for (let later = 0; later < length; later++) {
    const named = namesOf(lines, start + later, length);
    if (named.some(({ from, step }) => from !== named[0]?.from || step !== named[0].step)) continue;
    const whole = { start: start + later, length, turns: turnsOf(lines, start + later, length) };
    return whole.turns >= Math.max(FEWEST_TURNS, turns - 1) ? whole : repeat;
  }
  return repeat;
}

function turnsOf(lines: readonly Line[], start: number, length: number): number {
  for (let turns = 1; ; turns++) {
    for (let j = 0; j < length; j++) {
      if (!follows(lines, start + j, length, turns)) return turns;
    }
  }
}

/** Whether the line so many turns after `first` is what the first two lead to. */
function follows(lines: readonly Line[], first: number, length: number, turns: number): boolean {
  const [a, b, c] = [lines[first], lines[first + length], lines[first + turns * length]];
  if (!a || !b || c?.form !== a.form || b.form !== a.form) return false;
  return a.numbers.every((number, i) => c.numbers[i] === number + turns * ((b.numbers[i] ?? NaN) - number));
}

interface Counter {
  readonly from: number;
  readonly step: 1 | -1;
}

interface Written extends Repeat {
  readonly counter: Counter;
}

function written(lines: readonly Line[], { start, length, turns }: Repeat, counter: Counter): string[] {
  const body = lines.slice(start, start + length).map(({ texts, numbers }, j) => {
    const second = lines[start + length + j]?.numbers ?? numbers;
    const filled = numbers.map((number, i) => formula(number, (second[i] ?? number) - number, counter));
    return `  ${texts.map((text, i) => text + (filled[i] ?? '')).join('')}`;
  });
  const last = counter.from + (turns - 1) * counter.step;
  return [`repeat i = ${String(counter.from)} … ${String(last)} {`, ...body, '}'];
}

/** Numbers in quotes that move by one. */
function namesOf(lines: readonly Line[], start: number, length: number): Counter[] {
  return lines.slice(start, start + length).flatMap(({ texts, numbers }, j) => {
    let quotes = 0;
    return numbers.flatMap((from, i) => {
      quotes += (texts[i]?.split('"').length ?? 1) - 1;
      const step = (lines[start + length + j]?.numbers[i] ?? from) - from;
      return quotes % 2 === 1 && (step === 1 || step === -1) ? [{ from, step } as const] : [];
    });
  });
}

/** Of a turn without names, that of the turn of a former repeat which it refers back to: gradients come in reverse. */
function counterOf(lines: readonly Line[], { start, length }: Repeat, before: readonly Written[]): Counter {
  const [name] = namesOf(lines, start, length);
  if (name) return name;
  for (const [j, { texts, numbers }] of lines.slice(start, start + length).entries()) {
    for (const [i, number] of numbers.entries()) {
      const step = (lines[start + length + j]?.numbers[i] ?? number) - number;
      const back = texts[i]?.endsWith('%') ? before.find((one) => referredTo(lines, one, number, step) !== undefined) : undefined;
      if (!back) continue;
      const turn = referredTo(lines, back, number, step) ?? 0;
      return { from: back.counter.from + turn * back.counter.step, step: back.counter.step === 1 ? -1 : 1 };
    }
  }
  return { from: 0, step: 1 };
}

/** The turn of `repeat` that makes the node of this number, where the next turn's number is in the turn before. */
function referredTo(lines: readonly Line[], repeat: Repeat, number: number, step: number): number | undefined {
  const [first = NaN] = lines[repeat.start]?.numbers ?? [];
  const turn = Math.floor((number - first) / repeat.length);
  return step === -repeat.length && turn >= 0 && turn < repeat.turns ? turn : undefined;
}

/** first + step · turn as a formula of i. */
function formula(first: number, step: number, counter: Counter): string {
  if (step === 0) return String(first);
  const slope = step * counter.step;
  const offset = first - slope * counter.from;
  const times = Math.abs(slope) === 1 ? 'i' : `${String(Math.abs(slope))}i`;
  if (slope < 0) return `{${String(offset)}-${times}}`;
  return offset === 0 ? `{${times}}` : `{${times}${offset > 0 ? '+' : '-'}${String(Math.abs(offset))}}`;
}
