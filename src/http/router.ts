import { withoutTrailingSlashes } from '../domain/url-path.ts';
import type { Endpoint, Route } from '../protocol/context.ts';

/** A resource that a path leads to. */
export interface Resource {
  /** Endpoints by HTTP method; `HEAD` goes to that of `GET`. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** The value of the `Allow` header. */
  readonly allow: string;
  /** The path with parameters by name, such as `/clients/{id}`: unlike the path of a request, it holds no identifier. */
  readonly path: string;
}

/** A resource with the path parameters that led to it. */
export interface Match {
  readonly resource: Resource;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds resources by path. */
export interface Router {
  /**
   * The resource at a path (without query); a trailing slash makes no difference. `undefined` when there is none, and
   * `malformed` when a parameter is not properly percent-encoded.
   */
  find(path: string): Match | 'malformed' | undefined;
}

interface Pattern {
  readonly segments: readonly string[];
  readonly resource: Resource;
}

const noParams = Object.freeze({});

/** Where routes are found; paths are empty, or with leading and without trailing slash. */
export interface RouterPaths {
  /** Below it the routes stand. */
  readonly prefix: string;
  /** The path of the issuer, which follows a well-known place. */
  readonly issuerPath: string;
}

/** A router over routes. */
export function createRouter({ prefix, issuerPath }: RouterPaths, routes: readonly Route[]): Router {
  const fixed = new Map<string, Match>();
  const patterns: Pattern[] = [];
  for (const [path, group] of Map.groupBy(routes, (route) => `${prefix}${route.path}`)) {
    const resource = resourceOf(path, group);
    if (path.includes('{')) patterns.push({ segments: path.split('/'), resource });
    else fixed.set(path, { resource, params: noParams });
    if (group[0]?.wellKnown) fixed.set(`${group[0].path}${issuerPath}`, { resource, params: noParams });
  }
  return {
    find(path) {
      const found = fixed.get(path);
      if (found) return found;
      const trimmed = withoutTrailingSlashes(path);
      return fixed.get(trimmed) ?? matchPatterns(patterns, trimmed);
    },
  };
}

function resourceOf(path: string, routes: readonly Route[]): Resource {
  const endpoints = new Map<string, Endpoint>(routes.map(({ method, endpoint }) => [method, endpoint]));
  const get = endpoints.get('GET');
  if (get) endpoints.set('HEAD', get);
  return { endpoints, allow: [...endpoints.keys(), 'OPTIONS'].join(', '), path };
}

function matchPatterns(patterns: readonly Pattern[], path: string): Match | 'malformed' | undefined {
  const segments = path.split('/');
  for (const { segments: expected, resource } of patterns) {
    if (expected.length !== segments.length) continue;
    const params: Record<string, string> = {};
    let matches = true;
    for (let i = 0; matches && i < expected.length; i++) {
      const pattern = expected[i] ?? '';
      const segment = segments[i] ?? '';
      if (!pattern.startsWith('{')) matches = pattern === segment;
      else if (segment === '') matches = false;
      else {
        const value = decodeSegment(segment);
        if (value === undefined) return 'malformed';
        params[pattern.slice(1, -1)] = value;
      }
    }
    if (matches) return { resource, params };
  }
  return undefined;
}

function decodeSegment(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
