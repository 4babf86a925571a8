import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { bodyText, formText, hasMediaType } from './body-text.ts';

/** Single-valued request parameters. Empty values count as absent (RFC 6749, section 3.1). */
export type Params = ReadonlyMap<string, string>;

/** A form or query, taken apart. */
export interface Form {
  /** What came once. A name that is declared to repeat is never in it. */
  readonly params: Params;
  /** The values of a name that is declared to repeat, in order, without empty ones. */
  many(name: string): readonly string[];
  /** Names that came more than once though they may not, and whose values therefore are not believed. Empty when strict. */
  readonly repeated: ReadonlySet<string>;
}

/** How a form or query is read. */
export interface FormOptions {
  /**
   * `strict`: throws `malformed-form` and `repeated-parameter`. `lenient`: never throws; pairs with broken percent-encoding or
   * without a name are skipped, and so is what comes after the last parameter allowed; repeated names are reported.
   */
  readonly mode: 'strict' | 'lenient';
  /** Names that may repeat, such as `resource` (RFC 8707, section 2). */
  readonly repeatable: ReadonlySet<string>;
  /** Parameters in one request at most; more is no request that anybody means. */
  readonly maxParameters: number;
}

const noNames: ReadonlySet<string> = new Set();
const noValues: readonly string[] = Object.freeze([]);
const manyOfNone = () => noValues;

/** Parameters of a form or query where nothing else is said. */
export const maxFormParameters = 2000;

/** Strict, and nothing may repeat. */
export const strictForm: FormOptions = Object.freeze({
  mode: 'strict',
  repeatable: noNames,
  maxParameters: maxFormParameters,
});

/** Whether the request says that its body is a form. */
export function hasForm(request: HttpRequest): boolean {
  return hasMediaType(request, formText.mediaType);
}

/**
 * The parameters of a form-encoded request body. Throws `unexpected-content-type`, `body-too-large` (more than `limit` bytes),
 * and, unless `options` say otherwise, `malformed-form` and `repeated-parameter` (RFC 6749, section 3.2: parameters must not
 * be included more than once).
 */
export function formBody(request: HttpRequest, limit: number, options: FormOptions = strictForm): Form {
  return parseForm(bodyText(request, limit, formText), options);
}

/** The parameters of the query, read strictly, none of which may repeat. Throws `malformed-form` and `repeated-parameter`. */
export function queryParams(request: HttpRequest): Params {
  return parseForm(request.query, strictForm).params;
}

/** Parses `application/x-www-form-urlencoded` text: the one parser of forms and queries. Throws when strict, as `mode` says. */
export function parseForm(text: string, { mode, repeatable, maxParameters }: FormOptions): Form {
  const lenient = mode === 'lenient';
  const params = new Map<string, string>();
  let lists: Map<string, string[]> | undefined;
  let repeated: Set<string> | undefined;
  let hasEmpty = false;
  let count = 0;
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf('&', start);
    if (end < 0) end = text.length;
    if (end === start) continue;
    if (++count > maxParameters) {
      if (lenient) break;
      throw new OAuthError('malformed-form', `more than ${maxParameters} parameters`, 'Too many parameters');
    }
    let equals = text.indexOf('=', start);
    if (equals < 0 || equals > end) equals = end;
    const name = decodeComponent(text.slice(start, equals));
    const value = decodeComponent(text.slice(equals + 1, end));
    if (name === undefined || value === undefined || (lenient && name === '')) {
      if (lenient) continue;
      throw new OAuthError('malformed-form', 'broken percent-encoding', 'A parameter has broken percent-encoding');
    }
    if (repeatable.has(name)) {
      lists ??= new Map();
      append(lists, name, value);
    } else if (!params.has(name)) {
      params.set(name, value);
      if (value === '') hasEmpty = true;
    } else if (lenient) {
      repeated ??= new Set();
      repeated.add(name);
    } else throw new OAuthError('repeated-parameter', `repeated: ${name.slice(0, 80)}`);
  }
  if (hasEmpty || repeated) forget(params, repeated ?? noNames);
  const found = lists;
  const many = found ? (name: string) => found.get(name) ?? noValues : manyOfNone;
  return { params, many, repeated: repeated ?? noNames };
}

function append(lists: Map<string, string[]>, name: string, value: string): void {
  if (value === '') return;
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}

/** Takes out what is empty, which is absent, and what is not to be believed. */
function forget(params: Map<string, string>, repeated: ReadonlySet<string>): void {
  for (const [name, value] of params) if (value === '' || repeated.has(name)) params.delete(name);
}

/** Percent- and plus-decodes a form component; `undefined` for a broken escape or invalid UTF-8. */
export function decodeComponent(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}

/** The value of a required parameter. Throws `missing-parameter`. */
export function required(params: Params, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw new OAuthError('missing-parameter', `missing: ${name}`, `Missing ${name}`);
  return value;
}
