import { pino } from 'pino';
import type { Log, LogFields } from '../ports/log.ts';
import { safeLogField, safeLogText } from './redact.ts';

/** Levels by the names of the configuration, rising. */
export const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'OFF'] as const;

/** Name of a log level. */
export type LogLevel = (typeof logLevels)[number];

/** The log as the process sees it. */
export interface ServerLog extends Log {
  /** For what makes the start impossible. */
  fatal(id: string, text: string, fields?: LogFields, error?: unknown): void;
}

/** How a log is made. */
export interface LogOptions {
  readonly level: LogLevel;
  /** One readable line per message, or one JSON object. */
  readonly format: 'text' | 'json';
  /** Takes complete lines, e.g. from `openLogDestination`. */
  readonly destination: { write(line: string): void };
  /** Unix time in milliseconds, for tests. */
  readonly now?: () => number;
}

/** What was thrown, in a form for the log. */
interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  /** Frames, separated by ` | `. */
  readonly stack: string;
}

type Level = Exclude<LogLevel, 'TRACE' | 'OFF'>;
type Emit = (level: Level, line: Line) => void;

/** One message on its way. */
interface Line {
  readonly id: string;
  readonly text: string;
  /** Fields of the log, and those of the message, which come first where both have one. */
  readonly bound: LogFields | undefined;
  readonly fields: LogFields | undefined;
  readonly error: ErrorRecord | undefined;
}

/** Names that the line itself uses; a field of such a name gets a prefix. */
const reserved = new Set(['level', 'time', 'id', 'msg', 'err']);
export const maxLoggedStack = 8000;

/**
 * A log on pino (JSON) or in readable lines. Control characters are replaced, and what looks like a credential is
 * redacted. Messages below the level cost a comparison.
 */
export function createLog(options: LogOptions): ServerLog {
  const emit = options.format === 'json' ? jsonEmitter(options) : textEmitter(options);
  const threshold = logLevels.indexOf(options.level);
  return new BoundLog(emit, threshold, undefined);
}

/** A class, because a child is made for each request, and methods on a prototype cost nothing then. */
class BoundLog implements ServerLog {
  readonly #emit: Emit;
  readonly #threshold: number;
  readonly #bound: LogFields | undefined;

  constructor(emit: Emit, threshold: number, bound: LogFields | undefined) {
    this.#emit = emit;
    this.#threshold = threshold;
    this.#bound = bound;
  }

  debug(id: string, text: string, fields?: LogFields): void {
    if (this.#threshold <= 1) this.#write('DEBUG', id, text, fields);
  }

  info(id: string, text: string, fields?: LogFields): void {
    if (this.#threshold <= 2) this.#write('INFO', id, text, fields);
  }

  warn(id: string, text: string, fields?: LogFields): void {
    if (this.#threshold <= 3) this.#write('WARN', id, text, fields);
  }

  error(id: string, text: string, fields?: LogFields, error?: unknown): void {
    if (this.#threshold <= 4) this.#write('ERROR', id, text, fields, error);
  }

  fatal(id: string, text: string, fields?: LogFields, error?: unknown): void {
    if (this.#threshold <= 5) this.#write('FATAL', id, text, fields, error);
  }

  child(fields: LogFields): Log {
    const bound = this.#bound === undefined ? fields : { ...this.#bound, ...fields };
    return new BoundLog(this.#emit, this.#threshold, bound);
  }

  #write(level: Level, id: string, text: string, fields?: LogFields, error?: unknown): void {
    this.#emit(level, {
      id,
      text: safeLogText(text),
      bound: this.#bound,
      fields,
      error: error === undefined ? undefined : errorRecord(error),
    });
  }
}

function jsonEmitter({ destination, now = Date.now }: LogOptions): Emit {
  const time = isoTimes();
  const logger = pino(
    {
      // The level was compared already.
      level: 'debug',
      base: null,
      timestamp: () => `,"time":"${time(now())}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
      // It is a record for the log already; pino would take it for an error, of the type Object.
      serializers: { err: (record: unknown) => record },
    },
    destination,
  );
  const methods = {
    DEBUG: logger.debug.bind(logger),
    INFO: logger.info.bind(logger),
    WARN: logger.warn.bind(logger),
    ERROR: logger.error.bind(logger),
    FATAL: logger.fatal.bind(logger),
  } as const;
  return (level, { id, text, bound, fields, error }) => {
    const line: Record<string, unknown> = { id };
    const all = { ...bound, ...fields };
    for (const name in all) {
      const value = safeLogField(name, all[name]);
      if (value !== undefined) line[reserved.has(name) ? `field_${name}` : name] = value;
    }
    if (error) line['err'] = error;
    methods[level](line, text);
  };
}

const padded = { DEBUG: 'DEBUG', INFO: 'INFO ', WARN: 'WARN ', ERROR: 'ERROR', FATAL: 'FATAL' } as const;

function textEmitter({ destination, now = Date.now }: LogOptions): Emit {
  const time = isoTimes();
  return (level, { id, text, bound, fields, error }) => {
    let line = `${time(now())} ${padded[level]} ${id} ${text}`;
    for (const name in bound) if (fields === undefined || !(name in fields)) line += textField(name, bound[name]);
    for (const name in fields) line += textField(name, fields[name]);
    if (error) line += ` error=${quoted(`${error.type}: ${error.message}`)} stack=${quoted(error.stack)}`;
    destination.write(`${line}\n`);
  };
}

function textField(name: string, value: LogFields[string]): string {
  const safe = safeLogField(name, value);
  return safe === undefined ? '' : ` ${name}=${quoted(safe)}`;
}

/** Many lines come within one millisecond: its text is kept. */
function isoTimes(): (nowMs: number) => string {
  let last = Number.NaN;
  let text = '';
  return (nowMs) => {
    if (nowMs !== last) {
      last = nowMs;
      text = new Date(nowMs).toISOString();
    }
    return text;
  };
}

function quoted(value: LogFields[string]): string {
  if (typeof value === 'object') return `[${value.map(quoted).join(' ')}]`;
  const text = String(value);
  return /^[^\s"=[\]]+$/.test(text) ? text : JSON.stringify(text);
}

/** Causes are written behind the error that they caused. */
function errorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { type: typeof error, message: safeLogText(String(error)), stack: '' };
  const stacks: string[] = [];
  for (let at: unknown = error; at instanceof Error && stacks.length < 4; at = at.cause) stacks.push(at.stack ?? '');
  const oneLine = stacks.join('\ncaused by ').replaceAll(/\s*\n\s*/g, ' | ');
  return { type: error.name, message: safeLogText(error.message), stack: safeLogText(oneLine, maxLoggedStack) };
}
