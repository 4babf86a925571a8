import type { Answered } from './values.ts';

/** A complete answer of a server. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. */
  readonly text: string;
  /** The JSON value of the body; `undefined` for a body that is none. */
  readonly json: unknown;
  /** The members of a JSON object; empty for another body. */
  readonly body: Answered;
}

/** The server went away before its answer was complete: whether it acted is unknown. */
export class NoAnswer extends Error {
  constructor(cause: unknown) {
    super('The server did not answer', { cause });
    this.name = 'NoAnswer';
  }
}

/** The server answered something that the road of the test does not lead over. */
export class WrongAnswer extends Error {
  constructor(what: string, { status, text }: Answer) {
    super(`${what}: unexpected answer ${status} ${text}`);
    this.name = 'WrongAnswer';
  }
}

/** Sends a request, follows no redirect, and reads the answer. Rejects with {@link NoAnswer} when there is none. */
export async function send(url: string, init: RequestInit): Promise<Answer> {
  try {
    return await answerOf(await fetch(url, { redirect: 'manual', ...init }));
  } catch (error) {
    throw new NoAnswer(error);
  }
}

/** Reads a response completely. Example: `await answerOf(await fetch(url))`. */
export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = jsonIn(text);
  const body = typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : {};
  return { status: response.status, headers: response.headers, text, json, body };
}

/** The body of an answer with this status. Throws {@link WrongAnswer} for another. Example: `bodyOf('refresh', answer)`. */
export function bodyOf(what: string, answer: Answer, status = 200): Answered {
  if (answer.status !== status) throw new WrongAnswer(what, answer);
  return answer.body;
}

/** A member of a successful answer that must be a text. Throws {@link WrongAnswer}. Example: `textIn(answer, 'access_token')`. */
export function textIn(answer: Answer, member: string): string {
  const value = bodyOf(member, answer)[member];
  if (typeof value !== 'string') throw new WrongAnswer(member, answer);
  return value;
}

/** Status and OAuth error code, which most refusals are told by: `expect(verdict(answer)).toEqual([400, 'invalid_grant'])`. */
export function verdict({ status, body }: Answer): readonly [status: number, error: unknown] {
  return [status, body['error']];
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
