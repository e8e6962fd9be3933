import { Command as Program, CommanderError, Option as ProgramOption } from 'commander';
import { createColors } from 'picocolors';
import type { Argument, Command, Example } from './command.js';
import { commands, type CommandEntry } from './commands.js';
import type { ExitStatus } from './errors.js';
import type { Host } from './host.js';
import type { Option } from './options.js';
import { version } from './version.js';

const about =
  'Compiles ranking models: describe features, embeddings, cross layers and a deep network in a .rec file, then check, train and export the model.';

const firstSteps: readonly Example[] = [
  { line: 'reccompile check movies.rec', says: 'find every error of a spec' },
  { line: 'reccompile help check', says: 'what a command does, with examples' },
];

/**
 * Runs one command line, such as `['check', 'movies.rec']`.
 * @throws what the command throws; a command line that makes no sense is printed and answered with 2
 */
export async function run(line: readonly string[], host: Host, table: readonly CommandEntry[] = commands): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const program = rootProgram(host);
  const wanted = wantedCommand(line);
  for (const entry of table) {
    const child = program.command(entry.name).summary(entry.summary).description(entry.summary);
    if (entry.name !== wanted) continue;
    const loaded = (await entry.load()).default;
    describe(child, loaded, host);
    if (loaded.options.settings?.flag === '--set') {
      const { settingFor } = await import('../model/settings.js');
      const shared = program.configureOutput();
      child.configureOutput({ outputError: (text, write) => shared.outputError?.(withSetting(text, line, settingFor), write) });
    }
    child.action(async () => {
      status = await loaded.run(child.args, textsOf(loaded, child), host);
    });
  }
  try {
    await program.parseAsync(line, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return status;
}

/** What an option that is unknown would be as a `--set`, unless an option is near it. */
function withSetting(
  text: string,
  line: readonly string[],
  settingFor: (key: string, value?: string) => string | undefined,
): string {
  const key = /^error: unknown option '--([\w-]+)[='](?!.*\(Did you mean)/s.exec(text)?.[1];
  if (key === undefined) return text;
  const at = line.findIndex((word) => word === `--${key}` || word.startsWith(`--${key}=`));
  const [, inline] = /=(.*)$/s.exec(line[at] ?? '') ?? [];
  const setting = settingFor(key, inline ?? line[at + 1]);
  return setting === undefined ? text : `${text.trimEnd()}\n(Say it with --set ${setting}.)\n`;
}

/** The first word that is no option; after `help`, the word behind it. */
function wantedCommand(line: readonly string[]): string | undefined {
  const [first, second] = line.filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
}

function rootProgram(host: Host): Program {
  const colours = createColors(host.colour.out);
  return new Program('reccompile')
    .description(about)
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .usage('<command> [options]')
    .exitOverride()
    .configureOutput({
      writeOut: host.write,
      writeErr: host.writeError,
      outputError: (text, write) => {
        write(text.replace(/^error: /, `${createColors(host.colour.error).red('error')}: `));
      },
      getOutHasColors: () => host.colour.out,
      getErrHasColors: () => host.colour.error,
    })
    .configureHelp({ styleTitle: colours.bold, styleCommandText: colours.cyan, styleOptionTerm: colours.cyan })
    .showHelpAfterError('Run `reccompile --help` for what there is.')
    .addHelpText('after', () => examplesText(firstSteps, host));
}

function describe(child: Program, loaded: Command, host: Host): void {
  child.description(loaded.description).usage(usage(loaded));
  child.showHelpAfterError(`Run \`reccompile help ${child.name()}\` for its options.`);
  for (const argument of loaded.arguments) child.argument(argumentText(argument), argument.help);
  for (const [name, option] of Object.entries(loaded.options)) {
    child.addOption(programOption(name, option));
    if (option.also !== undefined) child.addOption(programOption(name, { ...option, flag: option.also }).hideHelp());
  }
  child.addHelpText('after', () => examplesText(loaded.examples, host));
}

const usage = (loaded: Command): string =>
  [
    ...loaded.arguments.map((argument) => argumentText(argument)),
    ...(Object.keys(loaded.options).length > 0 ? ['[options]'] : []),
  ].join(' ');

function argumentText({ name, optional, many }: Argument): string {
  const text = many ? `${name}...` : name;
  return optional ? `[${text}]` : `<${text}>`;
}

function programOption(name: string, option: Option<unknown>): ProgramOption {
  const value = option.mayBeAlone ? `[${option.value ?? ''}]` : `<${option.value ?? ''}>`;
  const flags = option.value === undefined ? option.flag : `${option.flag} ${value}`;
  const notes = [
    ...(option.initial === undefined ? [] : [`default: ${option.initial}`]),
    ...(option.repeats ? ['may be repeated'] : []),
  ];
  const help = notes.length > 0 ? `${option.help} (${notes.join(', ')})` : option.help;
  const made = new ProgramOption(flags, help);
  made.attributeName = () => name;
  if (option.value !== undefined) made.argParser((text: string, before?: readonly string[]) => [...(before ?? []), text]);
  return made;
}

/** Each option's texts as they were given; a switch that is there has one empty text. */
function textsOf(loaded: Command, child: Program): Record<string, readonly string[]> {
  const given: Readonly<Record<string, unknown>> = child.opts();
  return Object.fromEntries(
    Object.keys(loaded.options).map((name) => {
      const value = given[name];
      return [name, Array.isArray(value) ? value.map(String) : value === true ? [''] : []];
    }),
  );
}

function examplesText(examples: readonly Example[], host: Host): string {
  const colours = createColors(host.colour.out);
  const width = Math.max(...examples.map(({ line }) => line.length));
  const lines = examples.map(({ line, says }) => `  ${line.padEnd(width)}   ${colours.dim(says)}`);
  return `\n${colours.bold('Examples:')}\n${lines.join('\n')}\n`;
}
