import { type FormOptions, parseForm } from '../params/form.ts';

/** An authorization request as it came, one value for each name. */
export interface RequestParameters {
  /** Empty values count as absent (RFC 6749, section 3.1). `resource` is not in it. */
  readonly values: ReadonlyMap<string, string>;
  /** The values of `resource`, the one parameter that may repeat (RFC 8707, section 2). */
  readonly resource: readonly string[];
  /** Names that came more than once, which is an error, and whose values therefore are not believed. */
  readonly repeated: ReadonlySet<string>;
}

/** Parameters of an authorization request that are looked at. */
export const maxRequestParameters = 200;

/** Lenient, since the sender is a browser's address bar. */
const fromBrowser: FormOptions = {
  mode: 'lenient',
  repeatable: new Set(['resource']),
  maxParameters: maxRequestParameters,
};

/** Reads the query string (or form body) that the login page received; a leading `?` is dropped. Never throws. */
export function readQuery(query: string): RequestParameters {
  const { params, many, repeated } = parseForm(query.startsWith('?') ? query.slice(1) : query, fromBrowser);
  return { values: params, resource: many('resource'), repeated };
}
