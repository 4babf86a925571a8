import { type Answer, headerOf, headersOf } from './http-answer.ts';

/** What one connection remembers from step to step of one conversation. */
export interface Notes {
  /** Values taken from answers, e.g. `code`. */
  readonly values: Map<string, string>;
  readonly cookies: CookieJar;
}

/** One HTTP exchange of a conversation. */
export interface Step {
  /** What the step does, for error messages. */
  readonly name: string;
  /** The request as it goes to the wire; a function where it depends on earlier answers. */
  readonly request: Buffer | ((notes: Notes) => string);
  /** The only acceptable status. */
  readonly status: number;
  /** Takes from the answer what later steps need. Absent in one-step conversations: reading would cost the generator. */
  readonly read?: (answer: Answer, notes: Notes) => void;
}

/** Fresh notes for the start of a conversation. */
export function newNotes(): Notes {
  return { values: new Map(), cookies: createCookieJar() };
}

/** A value that an earlier step has noted. @throws Error when no step has. */
export function noted(notes: Notes, name: string): string {
  const value = notes.values.get(name);
  if (value === undefined) throw new Error(`no earlier answer had "${name}"`);
  return value;
}

/** Cookies with their paths, as little of RFC 6265 as a login with oidc-provider needs. */
export interface CookieJar {
  /** Takes over the `Set-Cookie` fields of an answer. */
  readonly store: (answer: Answer) => void;
  /** The `Cookie` header line for a request path, or an empty string. */
  readonly headerLine: (path: string) => string;
}

/** An empty cookie jar. */
export function createCookieJar(): CookieJar {
  const cookies = new Map<string, { readonly path: string; readonly pair: string }>();
  return {
    store: (answer) => {
      for (const field of headersOf(answer, 'set-cookie')) {
        const pair = field.split(';', 1)[0] ?? '';
        const name = pair.slice(0, pair.indexOf('='));
        const path = /; *path=([^;]*)/i.exec(field)?.[1] ?? '/';
        const key = `${path} ${name}`;
        if (/expires=Thu, 01 Jan 1970/i.test(field)) cookies.delete(key);
        else cookies.set(key, { path, pair });
      }
    },
    headerLine: (path) => {
      const pairs: string[] = [];
      for (const cookie of cookies.values()) if (path.startsWith(cookie.path)) pairs.push(cookie.pair);
      return pairs.length === 0 ? '' : `Cookie: ${pairs.join('; ')}\r\n`;
    },
  };
}

/** A request to be written to the wire. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly authorization?: string | undefined;
  readonly body?: Body;
  /** Ready `Cookie` line from a jar. */
  readonly cookieLine?: string;
}

/** A request body with its media type. */
export interface Body {
  readonly type: 'application/x-www-form-urlencoded' | 'application/json';
  readonly text: string;
}

/** The text of an HTTP/1.1 request. All targets get the same header fields. */
export function requestText(request: Request): string {
  const { method, path, authorization, body, cookieLine } = request;
  return (
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
    (authorization === undefined ? '' : `Authorization: ${authorization}\r\n`) +
    (cookieLine ?? '') +
    (body === undefined
      ? '\r\n'
      : `Content-Type: ${body.type}\r\nContent-Length: ${Buffer.byteLength(body.text)}\r\n\r\n${body.text}`)
  );
}

/** A request that is the same every time, encoded once. */
export function constantRequest(request: Request): Buffer {
  return Buffer.from(requestText(request));
}

/** The values one after the other, and again from the first. @throws Error when there is none. */
export function inTurn<T>(values: readonly T[]): () => T {
  let at = 0;
  return () => {
    const value = values[at];
    if (value === undefined) throw new Error('nothing to take turns with');
    at = (at + 1) % values.length;
    return value;
  };
}

/** A form body. */
export function form(parameters: Readonly<Record<string, string>>): Body {
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(parameters).toString() };
}

/** A JSON body. */
export function json(value: unknown): Body {
  return { type: 'application/json', text: JSON.stringify(value) };
}

/** The string member of a JSON answer. @throws Error when it is missing. */
export function stringMember(answer: Answer, name: string): string {
  const parsed: unknown = JSON.parse(answer.body);
  const value = isRecord(parsed) ? parsed[name] : undefined;
  if (typeof value !== 'string') throw new Error(`no string "${name}" in ${answer.body.slice(0, 400)}`);
  return value;
}

/** The member of a JSON answer at a path of names, or undefined. */
export function memberAt(answer: Answer, ...path: readonly string[]): unknown {
  let value: unknown = JSON.parse(answer.body);
  for (const name of path) value = isRecord(value) ? value[name] : undefined;
  return value;
}

/** Notes the `code` of the redirection URI (RFC 6749, section 4.1.2). @throws Error when it has none. */
export function noteCode(uri: unknown, notes: Notes): void {
  const code = typeof uri !== 'string' ? null : new URL(uri).searchParams.get('code');
  if (code === null) throw new Error(`no code in the redirection URI ${String(uri)}`);
  notes.values.set('code', code);
}

/** The path and query of the `Location` header. @throws Error when there is none. */
export function locationPath(answer: Answer): string {
  const location = headerOf(answer, 'location');
  if (location === undefined) throw new Error(`answer ${answer.status} has no Location`);
  const url = new URL(location, 'http://127.0.0.1');
  return url.pathname + url.search;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
