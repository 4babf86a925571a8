import { decodeComponent, pairs } from '../params/form.ts';

/** An authorization request as it came, one value for each name. */
export interface RequestParameters {
  /** Empty values count as absent (RFC 6749, section 3.1). `resource` is not in it. */
  readonly values: ReadonlyMap<string, string>;
  /** The values of `resource`, the one parameter that may repeat (RFC 8707, section 2). */
  readonly resource: readonly string[];
  /** Names that came more than once, which is an error, and whose values therefore are not believed. */
  readonly repeated: ReadonlySet<string>;
}

/** Parameters in one request at most; more is no request that anybody means. */
const maxParameters = 200;

/**
 * Reads the query string (or form body) that the login page received. Lenient where the sender is a browser's address bar:
 * a leading `?` is dropped, pairs with broken percent-encoding are ignored, and nothing is ever thrown.
 */
export function readQuery(query: string): RequestParameters {
  const values = new Map<string, string>();
  const resource: string[] = [];
  const repeated = new Set<string>();
  let count = 0;
  for (const [rawName, rawValue] of pairs(query.startsWith('?') ? query.slice(1) : query)) {
    if (++count > maxParameters) break;
    const name = decodeComponent(rawName);
    const value = decodeComponent(rawValue);
    if (!name || value === undefined) continue;
    if (name === 'resource') {
      if (value !== '') resource.push(value);
    } else if (values.has(name)) repeated.add(name);
    else values.set(name, value);
  }
  for (const [name, value] of values) if (value === '' || repeated.has(name)) values.delete(name);
  return { values, resource, repeated };
}
