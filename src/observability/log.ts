import { pino } from 'pino';
import type { Log, LogFields } from '../ports/log.ts';
import { safeLogFields, safeLogText } from './redact.ts';

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
type Emit = (level: Level, id: string, text: string, fields: LogFields, error: ErrorRecord | undefined) => void;

/** Names that the line itself uses; a field of such a name gets a prefix. */
const reserved = new Set(['level', 'time', 'id', 'msg', 'err']);
const longestStack = 8000;

/**
 * A log on pino (JSON) or in readable lines. Control characters are replaced, and what looks like a credential is
 * redacted. Messages below the level cost a comparison.
 */
export function createLog(options: LogOptions): ServerLog {
  const emit = options.format === 'json' ? jsonEmitter(options) : textEmitter(options);
  const threshold = logLevels.indexOf(options.level);
  return boundLog(emit, threshold, undefined);
}

/** Fields of children are merged when a line is written: a child per request that logs nothing costs an object. */
function boundLog(emit: Emit, threshold: number, bound: LogFields | undefined): ServerLog {
  const write = (level: Level, id: string, text: string, fields?: LogFields, error?: unknown): void => {
    const all = bound === undefined ? (fields ?? {}) : fields === undefined ? bound : { ...bound, ...fields };
    emit(level, id, safeLogText(text), safeLogFields(all), error === undefined ? undefined : errorRecord(error));
  };
  return {
    debug(id, text, fields) {
      if (threshold <= 1) write('DEBUG', id, text, fields);
    },
    info(id, text, fields) {
      if (threshold <= 2) write('INFO', id, text, fields);
    },
    warn(id, text, fields) {
      if (threshold <= 3) write('WARN', id, text, fields);
    },
    error(id, text, fields, error) {
      if (threshold <= 4) write('ERROR', id, text, fields, error);
    },
    fatal(id, text, fields, error) {
      if (threshold <= 5) write('FATAL', id, text, fields, error);
    },
    child: (fields) => boundLog(emit, threshold, bound === undefined ? fields : { ...bound, ...fields }),
  };
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
  return (level, id, text, fields, error) => {
    const line: Record<string, unknown> = { id };
    for (const name in fields) line[reserved.has(name) ? `field_${name}` : name] = fields[name];
    if (error) line['err'] = error;
    methods[level](line, text);
  };
}

function textEmitter({ destination, now = Date.now }: LogOptions): Emit {
  const time = isoTimes();
  return (level, id, text, fields, error) => {
    let line = `${time(now())} ${level.padEnd(5)} ${id} ${text}`;
    for (const name in fields) line += ` ${name}=${quoted(fields[name])}`;
    if (error) line += ` error=${quoted(`${error.type}: ${error.message}`)} stack=${quoted(error.stack)}`;
    destination.write(`${line}\n`);
  };
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
  return { type: error.name, message: safeLogText(error.message), stack: safeLogText(oneLine, longestStack) };
}
