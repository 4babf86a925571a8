import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command that cannot go on; the message is for the terminal. */
export class CommandFailed extends Error {
  /** 64: wrong usage; 78: wrong configuration; 1: anything else (sysexits.h). */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'CommandFailed';
    this.exitCode = exitCode;
  }
}

/** Parses the options of a command. Throws `CommandFailed` with the usage for an unknown option, or for `--help`. */
export function parseOptions<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
  usage: string,
) {
  if (args.includes('--help') || args.includes('-h')) throw new CommandFailed(usage, 0);
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CommandFailed(`${error instanceof Error ? error.message : 'Bad options'}\n\n${usage}`, 64);
  }
}
