import { existsSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { KeySetRefused } from '../crypto/key-document.ts';
import { messageOf } from '../domain/error-message.ts';

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

/**
 * The failure of a command that cannot open what it works on. Keys that do not fit `keyStore.*` stay so however often it is
 * tried; all else may be the surroundings, such as a database that is away.
 */
export function openingFailed(what: string, error: unknown): CommandFailed {
  const reason = messageOf(error);
  if (error instanceof CommandFailed) return new CommandFailed(`${what}: ${reason}`, error.exitCode);
  if (!(error instanceof KeySetRefused) && !/\bkeyStore\.\w/.test(reason))
    return new CommandFailed(`${what}: ${reason}`);
  const remedy = ' Set keyStore.encJWK to the key that these keys were stored with, or name another storage.';
  return new CommandFailed(`${what}: ${reason}${reason.includes('do not open') ? remedy : ''}`, wrongConfiguration);
}

/**
 * Parses the options of a command, with `most` arguments beside them. Throws `CommandFailed`: with status 64 for an unknown
 * option or one argument more, with the usage and status 0 for `--help`.
 */
export function parseOptions<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
  usage: string,
  most = 0,
) {
  if (args.includes('--help') || args.includes('-h')) throw new CommandFailed(usage, 0);
  const parsed = parse(args, options, usage);
  const extra = parsed.positionals[most];
  if (extra !== undefined) throw unexpectedArgument(extra);
  return parsed;
}

function parse<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
  usage: string,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CommandFailed(`${messageOf(error)}\n\n${usage}`, 64);
  }
}

/** The failure for an argument that a command does not take; what may be a file was meant for `--config`. */
export function unexpectedArgument(argument: string): CommandFailed {
  const file = /\.(properties|json)$/.test(argument) || existsSync(argument);
  return new CommandFailed(
    `unexpected argument ${argument}${file ? `; did you mean --config ${argument}?` : ', see --help'}`,
    64,
  );
}
