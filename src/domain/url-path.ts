/**
 * What is wrong with the path of a URL below which a server is reached; `undefined` when nothing is. Proxies, libraries and browsers
 * write what this names in different ways, and would each find something else there.
 */
export function pathFault(path: string): string | undefined {
  if (path === '' || path === '/') return undefined;
  if (!path.startsWith('/')) return 'must begin with a slash';
  if (/[?#]/.test(path)) return 'must have neither query nor fragment';
  if (path.includes('//')) return 'must not have an empty segment (//)';
  if (path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return 'must not have dot segments';
  return /^[\w.~!$&'()*+,;=:@%/-]+$/.test(path) ? undefined : 'must have other characters percent-encoded';
}

/** A path without slashes at its end; empty for the root. */
export function withoutTrailingSlashes(path: string): string {
  // By hand: a regular expression would try again at each slash of a path that is full of them.
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 0x2f) end--;
  return end === path.length ? path : path.slice(0, end);
}
