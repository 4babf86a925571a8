import { jsonDepth, maxJsonDepth } from '../domain/json.ts';
import type { SettingsProblem } from './problem.ts';
import { type PropertiesEntry, parseProperties } from './properties-file.ts';

/** One value as it was found, before any declaration is consulted. */
export interface RawSetting {
  /** The name as written: dotted, or the name of an environment variable. */
  readonly name: string;
  /** The text; of a JSON object its JSON text. */
  readonly value: string;
  /** Where it was found, e.g. `file /etc/tessera.properties line 12`. */
  readonly source: string;
  /** The members of a JSON object, with their full names: they count when the object itself is not a property. */
  readonly members?: readonly RawSetting[];
}

/** All values of one source. Layers are ranked: a later one overrides an earlier one, property by property. */
export interface SettingsLayer {
  /** In an environment names are compared by `.` as `_` and without case; typed ones are always meant for us. */
  readonly kind: 'preset' | 'file' | 'environment' | 'command-line';
  readonly entries: readonly RawSetting[];
}

/** A layer, with what could not be read of it. */
export interface ReadLayer {
  readonly layer: SettingsLayer;
  readonly problems: readonly SettingsProblem[];
}

/**
 * The settings in a text: JSON when it begins with `{`, a Java properties file otherwise. `source` names the text in
 * messages, e.g. `file /etc/tessera.properties`. Never throws.
 */
export function textLayer(text: string, source: string): ReadLayer {
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return /^\s*\{/.test(content) ? jsonLayer(content, source) : propertiesLayer(content, source);
}

/** The number of values in a layer, with the members of JSON objects: what it takes to load it. */
export function entriesIn(layer: SettingsLayer): number {
  const count = (entries: readonly RawSetting[]): number =>
    entries.reduce((sum, { members }) => sum + 1 + (members ? count(members) : 0), 0);
  return count(layer.entries);
}

/** Values that a program supplies itself, e.g. those of the first run; they stand below every file. */
export function presetLayer(values: Readonly<Record<string, string>>, source: string): SettingsLayer {
  return { kind: 'preset', entries: Object.entries(values).map(([name, value]) => ({ name, value, source })) };
}

/**
 * The environment, whole: which variables are properties is found out by the declared names. The prefix `C2ID_` is more
 * explicit, hence such variables come last and count.
 */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>): SettingsLayer {
  const entries: RawSetting[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined) entries.push({ name, value, source: `environment ${name}` });
  }
  const prefixed = ({ name }: RawSetting): number => (/^C2ID_/i.test(name) ? 1 : 0);
  return { kind: 'environment', entries: entries.sort((a, b) => prefixed(a) - prefixed(b)) };
}

/** The arguments that are settings, and those that are not. */
export interface CommandLine extends ReadLayer {
  /** The other arguments, in their order. */
  readonly rest: readonly string[];
}

/** Takes `-Dname=value`, `--set name=value` and `--set=name=value` out of the arguments. */
export function commandLineLayer(args: readonly string[]): CommandLine {
  const entries: RawSetting[] = [];
  const problems: SettingsProblem[] = [];
  const rest: string[] = [];
  const take = (option: string, assignment: string): void => {
    const equals = assignment.indexOf('=');
    if (equals > 0) {
      const name = assignment.slice(0, equals).trim();
      entries.push({ name, value: assignment.slice(equals + 1), source: 'command line' });
    } else {
      const message = `expected name=value after ${option}`;
      problems.push({ severity: 'fatal', property: assignment, source: 'command line', message, remedy: '' });
    }
  };
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (argument === '--') {
      rest.push(...args.slice(index));
      break;
    }
    if (argument === '--set') {
      index += 1;
      take('--set', args[index] ?? '');
    } else if (argument.startsWith('--set=')) {
      take('--set', argument.slice('--set='.length));
    } else if (argument.startsWith('-D') && argument.length > 2) {
      take('-D', argument.slice(2));
    } else {
      rest.push(argument);
    }
  }
  return { layer: { kind: 'command-line', entries }, problems, rest };
}

function propertiesLayer(text: string, source: string): ReadLayer {
  const { entries, errors } = parseProperties(text);
  const at = (line: number) => `${source} line ${line}`;
  return {
    layer: {
      kind: 'file',
      entries: entries.map(({ name, value, line }: PropertiesEntry) => ({ name, value, source: at(line) })),
    },
    problems: errors.map(({ line, message }) => ({
      severity: 'fatal',
      property: '',
      source: at(line),
      message,
      remedy: 'Write a backslash that is meant as such twice.',
    })),
  };
}

function jsonLayer(text: string, source: string): ReadLayer {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    const problem = { property: '', source, message: 'not valid JSON', remedy: 'Check it with a JSON parser.' };
    return { layer: { kind: 'file', entries: [] }, problems: [{ severity: 'fatal', ...problem }] };
  }
  if (jsonDepth(text) > maxJsonDepth) {
    const problem = { property: '', source, message: `is nested deeper than ${maxJsonDepth} levels`, remedy: '' };
    return { layer: { kind: 'file', entries: [] }, problems: [{ severity: 'fatal', ...problem }] };
  }
  return { layer: { kind: 'file', entries: jsonEntries('', parsed, source) }, problems: [] };
}

function jsonEntries(prefix: string, object: unknown, source: string): RawSetting[] {
  if (typeof object !== 'object' || object === null) return [];
  return Object.entries(object).map(([member, value]: [string, unknown]) => {
    const name = prefix === '' ? member : member === '' ? prefix : `${prefix}.${member}`;
    const entry = { name, value: jsonText(value), source };
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { ...entry, members: jsonEntries(name, value, source) } : entry;
  });
}

/** Texts as they are, lists of scalars with commas, everything else as JSON; null is as good as absent. */
function jsonText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(', ');
  return JSON.stringify(value);
}
