/** Fields of a log line. Never a password, token, code or session identifier. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where this program reports to its operator; `id` is a stable event identifier such as `LG2001`. */
export interface LoginLog {
  info(id: string, text: string, fields?: LogFields): void;
  warn(id: string, text: string, fields?: LogFields): void;
  error(id: string, text: string, fields?: LogFields, error?: unknown): void;
}

/** One JSON object per line, levels as the server writes them: `INFO`, `WARN`, `ERROR`. `write` takes the line with its line feed. */
export function createJsonLog(write: (line: string) => void): LoginLog {
  const line = (level: string, id: string, text: string, fields: LogFields = {}, error?: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    write(`${JSON.stringify({ level, time: new Date().toISOString(), id, msg: text, ...fields, stack })}\n`);
  };
  return {
    info: (id, text, fields) => line('INFO', id, text, fields),
    warn: (id, text, fields) => line('WARN', id, text, fields),
    error: (id, text, fields, error) => line('ERROR', id, text, fields, error),
  };
}
