import { parseJson } from '../../kit/src/json.ts';

/** JSON with two-space indentation; text that is not JSON stays as it is. */
export function prettyJson(text: string): string {
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}
