import { entityTag } from '../crypto/digest.ts';
import type { HttpReply } from '../ports/endpoint.ts';

/** A public JSON document, ready to be sent. */
export interface CachedDocument {
  /** The document, or `304` when the caller's `If-None-Match` header names its entity tag (RFC 9110, section 13.1.2). */
  reply(ifNoneMatch: unknown): HttpReply;
}

/** Serialises a public JSON document once; `maxAge` in seconds is for caches in between. */
export function cachedDocument(json: string, maxAge: number): CachedDocument {
  const body = Buffer.from(json, 'utf8');
  const etag = entityTag(body);
  const headers = Object.freeze({
    'Content-Type': 'application/json',
    'Cache-Control': `public, max-age=${Math.max(maxAge, 0)}`,
    ETag: etag,
    // Shared caches must not hand out to scripts of one origin what was answered to another.
    Vary: 'Origin',
    'X-Content-Type-Options': 'nosniff',
  });
  const full: HttpReply = Object.freeze({ status: 200, headers, body });
  const notModified: HttpReply = Object.freeze({ status: 304, headers, body: '' });
  return {
    reply: (ifNoneMatch) => (typeof ifNoneMatch === 'string' && names(ifNoneMatch, etag) ? notModified : full),
  };
}

function names(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((tag) => {
    const trimmed = tag.trim();
    return trimmed === '*' || trimmed === etag || trimmed === `W/${etag}`;
  });
}
