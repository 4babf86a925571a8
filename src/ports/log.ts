/** Fields of a log line. Never a credential, token, code or complete session identifier. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;

/** Structured log, one message per condition. `id` is the stable event identifier, e.g. `OP6203`. */
export interface Log {
  debug(id: string, text: string, fields?: LogFields): void;
  info(id: string, text: string, fields?: LogFields): void;
  warn(id: string, text: string, fields?: LogFields): void;
  /** `error` goes to the log with its stack and never to a response. */
  error(id: string, text: string, fields?: LogFields, error?: unknown): void;
  /** A log whose every line carries these fields too. */
  child(fields: LogFields): Log;
}

/** A log that drops everything. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
