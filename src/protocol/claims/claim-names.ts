import { plainName } from '../../domain/claim-names.ts';

/** Whether a pattern, which is a name, a prefix ending in `*` or `*`, covers a claim name, its language tag aside. */
export function coversClaim(pattern: string, name: string): boolean {
  const plain = plainName(name);
  return pattern.endsWith('*') ? plain.startsWith(pattern.slice(0, -1)) : plain === pattern;
}

/** A claim, or prefix of claims, that both patterns cover; `undefined` when there is none. */
export function commonClaim(a: string, b: string): string | undefined {
  const [prefixA, prefixB] = [a, b].map((pattern) => (pattern.endsWith('*') ? pattern.slice(0, -1) : undefined));
  if (prefixA === undefined) return coversClaim(b, a) ? a : undefined;
  if (prefixB === undefined) return coversClaim(a, b) ? b : undefined;
  if (prefixA.startsWith(prefixB)) return a;
  return prefixB.startsWith(prefixA) ? b : undefined;
}
