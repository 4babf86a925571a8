/** Something that is wrong with the configuration, and what to do about it. */
export interface SettingsProblem {
  /** A fatal problem stops the server; a warning goes to the log. */
  readonly severity: 'fatal' | 'warning';
  /** The property as written; empty when a whole source is at fault. */
  readonly property: string;
  /** Where it was found, e.g. `file /etc/tessera.properties line 12`, `environment OP_ISSUER`, `command line`. */
  readonly source: string;
  /** What is wrong. */
  readonly message: string;
  /** The value that was found, masked when it may be a secret. */
  readonly found?: string;
  /** What to change; empty when the message says it already. */
  readonly remedy: string;
}

/** A problem of the configuration as a whole that stops the server. */
export function fatal(property: string, message: string, remedy: string): SettingsProblem {
  return { severity: 'fatal', property, source: 'configuration', message, remedy };
}

/** A problem of the configuration as a whole that goes to the log. */
export function warning(property: string, message: string, remedy: string): SettingsProblem {
  return { ...fatal(property, message, remedy), severity: 'warning' };
}

/** A problem as one line of text, for the terminal and the log. */
export function formatProblem(problem: SettingsProblem): string {
  const found = problem.found === undefined ? '' : `, found ${problem.found}`;
  const subject = problem.property === '' ? '' : `${problem.property}: `;
  const remedy = problem.remedy === '' ? '' : `. ${problem.remedy}`;
  return `${problem.severity === 'fatal' ? 'FATAL' : 'WARN'} ${subject}${problem.message}${found} (${problem.source})${remedy}`;
}
