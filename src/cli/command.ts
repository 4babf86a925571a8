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

/** The exit status of a configuration that cannot be used (EX_CONFIG): to start again is no help. */
export const wrongConfiguration = 78;

/** The message of whatever was thrown, for a sentence on the terminal. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}

/**
 * Whether what was thrown is a mistake in the program, whose stack is worth having. What the server, the system or a
 * database refuses is a plain `Error`, and its message says it all.
 */
export function isProgramFault(error: unknown): boolean {
  return (
    !(error instanceof Error) ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  );
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
