/** A JSON object of an answer, whose members are not known to the compiler. */
export type Answered = Readonly<Record<string, unknown>>;

/** The value as an object. Throws an `Error` for anything else. Example: `object(body['client'])['name']`. */
export function object(value: unknown): Answered {
  if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return { ...value };
}

/** The value as a text. Throws an `Error` for anything else. Example: `text(body['access_token'])`. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`not a string: ${JSON.stringify(value)}`);
  return value;
}

/** The value as a number. Throws an `Error` for anything else. Example: `number(body['expires_in'])`. */
export function number(value: unknown): number {
  if (typeof value !== 'number') throw new Error(`not a number: ${JSON.stringify(value)}`);
  return value;
}
