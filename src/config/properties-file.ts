/** One entry of a properties file. */
export interface PropertiesEntry {
  readonly name: string;
  readonly value: string;
  /** Number of the line on which the entry starts, from 1. */
  readonly line: number;
}

/** A spot in a properties file that cannot be understood. */
export interface PropertiesError {
  readonly line: number;
  readonly message: string;
}

/** What a properties file says, in its order; an entry with an error is left out. */
export interface ParsedProperties {
  readonly entries: readonly PropertiesEntry[];
  readonly errors: readonly PropertiesError[];
}

interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/**
 * Parses the text of a Java properties file: `=`, `:` or white space between name and value, comments from `#` or `!`,
 * continuation by a backslash at the end of a line, and the escapes `\t \n \r \f \uXXXX`; a backslash before any other
 * character stands for that character. Never throws: malformed escapes are reported with their line.
 */
export function parseProperties(text: string): ParsedProperties {
  const entries: PropertiesEntry[] = [];
  const errors: PropertiesError[] = [];
  for (const { text: logical, line } of logicalLines(text)) {
    const keyEnd = endOfKey(logical);
    const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(logical.slice(keyEnd))?.[0].length ?? 0;
    const name = unescaped(logical.slice(0, keyEnd));
    const value = unescaped(logical.slice(keyEnd + separator));
    if (name === undefined || value === undefined) {
      errors.push({ line, message: 'expected four hexadecimal digits after \\u' });
    } else {
      entries.push({ name, value, line });
    }
  }
  return { entries, errors };
}

/** Lines with their continuations joined, without comments and blank lines. */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  const natural = text.split(/\r\n|\r|\n/);
  for (let index = 0; index < natural.length; index++) {
    let part = withoutIndent(natural[index] ?? '');
    if (part === '' || part.startsWith('#') || part.startsWith('!')) continue;
    const line = index + 1;
    // Each line is looked at by itself: to look at what has been joined so far takes time by the square.
    const parts: string[] = [];
    while (endsInContinuation(part)) {
      parts.push(part.slice(0, -1));
      index += 1;
      part = withoutIndent(natural[index] ?? '');
    }
    const joined = parts.join('') + part;
    if (joined !== '') lines.push({ text: joined, line });
  }
  return lines;
}

function withoutIndent(line: string): string {
  return line.replace(/^[ \t\f]+/, '');
}

/** An even number of backslashes at the end are escaped backslashes. */
function endsInContinuation(line: string): boolean {
  let backslashes = 0;
  while (line[line.length - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function endOfKey(line: string): number {
  let index = 0;
  while (index < line.length && !/[=: \t\f]/.test(line[index] ?? '')) index += line[index] === '\\' ? 2 : 1;
  return Math.min(index, line.length);
}

function unescaped(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  let result = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character !== '\\') {
      result += character;
      continue;
    }
    index += 1;
    const escaped = text[index] ?? '';
    if (escaped === 'u') {
      const digits = text.slice(index + 1, index + 5);
      if (!/^[0-9a-f]{4}$/i.test(digits)) return undefined;
      result += String.fromCharCode(Number.parseInt(digits, 16));
      index += 4;
    } else {
      result += escapes[escaped] ?? escaped;
    }
  }
  return result;
}
