import { complaint, type ExitStatus } from './errors.js';
import type { Host } from './host.js';
import type { Options, OptionValues } from './options.js';

/** A use of a command, as `--help` shows it. */
export interface Example {
  readonly line: string;
  readonly says: string;
}

export interface Argument {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Takes all that follow. */
  readonly many?: boolean;
}

interface Described {
  /** What it does, in a sentence or two; its entry in the table of commands has the short line. */
  readonly description: string;
  readonly arguments: readonly Argument[];
  readonly examples: readonly [Example, ...Example[]];
}

export interface CommandDefinition<O extends Options> extends Described {
  readonly options: O;
  /** @param given the arguments, in order; those of a `many` argument one by one */
  readonly run: (given: readonly string[], options: OptionValues<O>, host: Host) => Promise<ExitStatus> | ExitStatus;
}

/** A command whose options are still texts, by the names of its table; those left out have an empty list. */
export interface Command extends Described {
  readonly options: Options;
  readonly run: (given: readonly string[], texts: Readonly<Record<string, readonly string[]>>, host: Host) => Promise<ExitStatus>;
}

/** Ties the options that `run` sees to the table that declares them. */
export function command<const O extends Options>(definition: CommandDefinition<O>): Command {
  return {
    ...definition,
    run: async (given, texts, host) => {
      const values: Record<string, unknown> = {};
      for (const [name, option] of Object.entries(definition.options)) {
        const reading = option.read(texts[name] ?? []);
        if ('wrong' in reading) throw complaint(reading.wrong, { exitStatus: 2 });
        values[name] = reading.value;
      }
      return definition.run(given, values as OptionValues<O>, host);
    },
  };
}
