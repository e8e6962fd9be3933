import { list, property, ts, type Code } from '../code/code.js';

/** An option of a program that takes a text, or none where nothing stands for what it takes. */
export interface Option {
  readonly name: string;
  /** What stands for its text in the usage. */
  readonly takes?: string;
  readonly help: string;
  readonly fallback?: string | undefined;
}

/** `usage` and `options` of a program that npm starts. */
export function commandLine(start: string, options: readonly Option[]): Code {
  const lines = options.map(
    ({ name, takes, help }) => `  ${`--${name}${takes === undefined ? '' : ` ${takes}`}`.padEnd(15)} ${help}`,
  );
  const entries = options.map(({ name, takes, fallback }) => {
    if (takes === undefined) return ts`${property(name)}: { type: 'boolean', default: false },`;
    return fallback === undefined
      ? ts`${property(name)}: { type: 'string' },`
      : ts`${property(name)}: { type: 'string', default: ${fallback} },`;
  });
  return ts`const usage = ${list([`usage: ${start} --data FILE [options]`, '', ...lines])}.join('\\n');

const options = {
${entries}
help: { type: 'boolean', short: 'h', default: false },
} as const;`;
}

/** Runs `main`, which ends with 1 where something is wrong, with 2 where that is the command line. */
export const runMain: Code = ts`const isMisuse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');

try {
  await main();
} catch (error) {
  console.error(\`error: \${messageOf(error)}\`);
  process.exitCode = isMisuse(error) ? 2 : 1;
}`;
