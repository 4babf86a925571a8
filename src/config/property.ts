/**
 * Declarations of configuration properties. A property is declared once, beside the feature that uses it; parsing, the
 * typed settings, `tessera check`, the error texts and the reference page all derive from the declaration.
 */

/** How the text of a property becomes a value. Throws a plain `Error` whose message says what is expected. */
export type Parser<T> = (text: string) => T;

/** One declared configuration property. */
export interface Property<T> {
  readonly name: string;
  /** The type as the reference page shows it, e.g. `boolean`, `int (seconds)`, `list`. */
  readonly type: string;
  readonly parse: Parser<T>;
  /** The value in absence of the property; `undefined` where the feature is then off. */
  readonly defaultValue: T;
  /** The default as the reference page shows it; derived from `defaultValue` when absent. */
  readonly defaultText?: string;
  /** Allowed values, for enumerations and lists of known words. */
  readonly allowed?: readonly string[];
  readonly description: string;
  /** Never printed or logged. */
  readonly secret: boolean;
  /** True for `name` and `name.<label>` together: the value is the collection of all of them. */
  readonly multi: boolean;
  /** Further spellings that are accepted. */
  readonly aliases: readonly string[];
  /** True where a blank value has a meaning of its own, such as the empty list. Otherwise blank is as good as absent. */
  readonly blankCounts?: boolean;
}

/** The properties of one feature, by the member name under which the feature reads them. */
export type PropertyGroup = Readonly<Record<string, Property<unknown>>>;

/** The typed values of a property group. */
export type SettingsOf<G extends PropertyGroup> = {
  readonly [K in keyof G]: G[K] extends Property<infer T> ? T : never;
};

interface Common {
  readonly secret?: boolean;
  readonly aliases?: readonly string[];
  readonly defaultText?: string;
  readonly blankCounts?: boolean;
}

/** Members that every declaration shares, with their defaults filled in. */
function common(options: Common | undefined) {
  return {
    secret: options?.secret ?? false,
    aliases: options?.aliases ?? [],
    ...(options?.defaultText === undefined ? {} : { defaultText: options.defaultText }),
    ...(options?.blankCounts === undefined ? {} : { blankCounts: options.blankCounts }),
  };
}

/** A `true` / `false` property, case-insensitive. */
export function boolean(name: string, defaultValue: boolean, description: string, options?: Common): Property<boolean> {
  return { name, type: 'boolean', parse: parseBoolean, defaultValue, description, multi: false, ...common(options) };
}

/** A whole number within bounds. `unit` is for the reader: `seconds`, `bytes`, `minutes`. */
export function integer(
  name: string,
  defaultValue: number,
  description: string,
  options?: Common & { readonly unit?: string; readonly min?: number; readonly max?: number },
): Property<number> {
  const min = options?.min ?? Number.MIN_SAFE_INTEGER;
  const max = options?.max ?? Number.MAX_SAFE_INTEGER;
  return {
    name,
    type: options?.unit ? `int (${options.unit})` : 'int',
    parse: (text) => parseInteger(text, min, max),
    defaultValue,
    description,
    multi: false,
    ...common(options),
  };
}

/** A text property without default. */
export function text(name: string, description: string, options?: Common): Property<string | undefined> {
  return {
    name,
    type: 'string',
    parse: (value) => value,
    defaultValue: undefined,
    description,
    multi: false,
    ...common(options),
  };
}

/** A text property with a default. */
export function textWithDefault(
  name: string,
  defaultValue: string,
  description: string,
  options?: Common,
): Property<string> {
  return { name, type: 'string', parse: (value) => value, defaultValue, description, multi: false, ...common(options) };
}

/** One word out of a fixed set. */
export function oneOf<const W extends string>(
  name: string,
  words: readonly W[],
  defaultValue: NoInfer<W>,
  description: string,
  options?: Common,
): Property<W> {
  return {
    name,
    type: 'enum',
    parse: (value) => parseWord(value, words),
    defaultValue,
    allowed: words,
    description,
    multi: false,
    ...common(options),
  };
}

/** A list of free words, separated by commas or spaces. */
export function list(
  name: string,
  defaultValue: readonly string[],
  description: string,
  options?: Common,
): Property<readonly string[]> {
  return { name, type: 'list', parse: splitList, defaultValue, description, multi: false, ...common(options) };
}

/** A list of words out of a fixed set, in the order given. */
export function listOf<const W extends string>(
  name: string,
  words: readonly W[],
  defaultValue: readonly NoInfer<W>[],
  description: string,
  options?: Common,
): Property<readonly W[]> {
  return {
    name,
    type: 'list',
    parse: (value) => splitList(value).map((word) => parseWord(word, words)),
    defaultValue,
    allowed: words,
    description,
    multi: false,
    ...common(options),
  };
}

/** An absolute http(s) URL without default. */
export function url(name: string, description: string, options?: Common): Property<string | undefined> {
  return { name, type: 'url', parse: parseUrl, defaultValue: undefined, description, multi: false, ...common(options) };
}

/** A URL that may also be relative to the issuer. */
export function urlReference(name: string, description: string, options?: Common): Property<string | undefined> {
  return {
    name,
    type: 'url',
    parse: (value) => (URL.canParse(value) ? parseUrl(value) : parseRelative(value)),
    defaultValue: undefined,
    description,
    multi: false,
    ...common(options),
  };
}

/** A JSON object, as JSON text or with BASE64 / BASE64URL on top. */
export function json(name: string, description: string, options?: Common): Property<unknown> {
  return {
    name,
    type: 'json, optionally base64',
    parse: parseJson,
    defaultValue: undefined,
    description,
    multi: false,
    ...common(options),
  };
}

/** All properties `name` and `name.<label>` together: label (empty for the plain name) to text. */
export function multi(
  name: string,
  description: string,
  options?: Common & { readonly check?: Parser<string> },
): Property<ReadonlyMap<string, string>> {
  const check = options?.check ?? ((value: string) => value);
  return {
    name,
    type: 'multi',
    parse: (value) => new Map([['', check(value)]]),
    defaultValue: new Map(),
    defaultText: 'none',
    description,
    multi: true,
    secret: options?.secret ?? false,
    aliases: options?.aliases ?? [],
  };
}

/** SHA-256 hashes, in hex, of the bearer tokens that open a web API. None: the API is disabled. */
export function apiTokenHashes(name: string, api: string, aliases: readonly string[] = []) {
  return multi(
    name,
    `SHA-256 hashes, in hexadecimal, of the bearer tokens that open ${api}; further ones with a label after a dot. None: the API is disabled.`,
    { check: parseSha256, aliases },
  );
}

function parseBoolean(value: string): boolean {
  const lower = value.toLowerCase();
  if (lower === 'true') return true;
  if (lower === 'false') return false;
  throw new Error('expected true or false');
}

function parseInteger(value: string, min: number, max: number): number {
  const number = Number(value);
  if (!/^-?\d{1,16}$/.test(value) || !Number.isSafeInteger(number)) throw new Error('expected a whole number');
  if (number < min) throw new Error(`expected at least ${min}`);
  if (number > max) throw new Error(`expected at most ${max}`);
  return number;
}

function parseWord<W extends string>(value: string, words: readonly W[]): W {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new Error(`expected one of ${words.join(', ')}`);
  return found;
}

/** Splits a property list at commas and white space; empty items vanish. */
export function splitList(value: string): string[] {
  return value.split(/[\s,]+/).filter((word) => word !== '');
}

function parseUrl(value: string): string {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    throw new Error('expected an absolute https or http URL');
  }
  return value;
}

function parseRelative(value: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(value) || /[\s\\]/.test(value) || value.startsWith('//')) {
    throw new Error('expected an https or http URL, or a path relative to the issuer');
  }
  return value;
}

function parseSha256(value: string): string {
  if (!/^[0-9a-f]{64}$/i.test(value)) throw new Error('expected a SHA-256 hash of 64 hexadecimal digits');
  return value.toLowerCase();
}

function parseJson(value: string): unknown {
  const source = value.startsWith('{') || value.startsWith('[') ? value : Buffer.from(value, 'base64').toString('utf8');
  try {
    return JSON.parse(source);
  } catch {
    throw new Error('expected JSON text, optionally base64-encoded');
  }
}
