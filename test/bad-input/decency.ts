import { expect } from 'vitest';
import type { Answer } from '../../src/testing/caller/answer.ts';
import type { Answered } from '../../src/testing/caller/values.ts';

/** A response as `fetch` or the wire has it. */
interface AnyResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null | undefined };
  readonly body: string;
}

const errorCode = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** Names of what the server is made of, and what stack traces look like. */
const givesAway =
  /node_modules|\.ts:\d|\.js:\d|\bat [\w.<>]+ \(|TypeError|RangeError|SyntaxError|fastify|express|llhttp|undici|kysely|sqlite|postgres|pino|tessera\/|Cannot read|is not a function|Unexpected token|JSON at position|ERR_|ECONN|HPE_/i;

/**
 * What every answer to bad input must be: no fault of the server, no word about what it is made of, and where it has a body
 * and is an error, JSON in the alphabet of RFC 6749, section 5.2.
 */
export function expectDecent(response: AnyResponse, what = ''): void {
  const { status, headers, body } = response;
  const about = `${what} -> ${status} ${body.slice(0, 300)}`;
  expect(status, about).toBeGreaterThanOrEqual(200);
  expect(status, about).toBeLessThan(500);
  for (const name of ['server', 'x-powered-by', 'via', 'set-cookie']) {
    expect(headers.get(name) ?? undefined, `${about}: ${name}`).toBeUndefined();
  }
  if (body === '' || status < 400) return;
  expect(body, about).not.toMatch(givesAway);
  expect(headers.get('content-type'), about).toMatch(/^application\/json/);
  expect(headers.get('x-content-type-options'), about).toBe('nosniff');
  expect(headers.get('cache-control'), about).toBe('no-store');
  const json: unknown = JSON.parse(body);
  expect(json, about).toMatchObject({ error: expect.stringMatching(errorCode) });
  if (typeof json === 'object' && json !== null && 'error_description' in json) {
    expect(json.error_description, about).toMatch(errorCode);
  }
}

/** The same for an answer of the test kit; answers its members. */
export function decent({ status, headers, text, body }: Answer, what = ''): Answered {
  expectDecent({ status, headers, body: text }, what);
  return body;
}
