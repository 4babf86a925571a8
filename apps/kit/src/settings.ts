/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable that must be there; `hint` says what it is. Throws an `Error` that names it. */
export function required(environment: Environment, name: string, hint: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`${name} must be set: ${hint}`);
  return value;
}

/** A port, 0 to 65535. Throws an `Error` that names the variable. */
export function portFrom(environment: Environment, name: string, otherwise: number): number {
  const entered = environment[name] || String(otherwise);
  const port = Number(entered);
  if (!/^\d+$/.test(entered) || port > 65_535) throw new Error(`${name} must be 0 to 65535, it is "${entered}"`);
  return port;
}

/** A whole number from 1 on. Throws an `Error` that names the variable. */
export function countFrom(environment: Environment, name: string, otherwise: number): number {
  const entered = environment[name] || String(otherwise);
  if (!/^[1-9]\d{0,8}$/.test(entered)) throw new Error(`${name} must be a whole number from 1 on, it is "${entered}"`);
  return Number(entered);
}

/** An http or https URL. Throws an `Error` that names the variable. */
export function webAddress(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new Error(`${name} must be an http or https URL, it is "${value}"`);
  }
  return url;
}

/** `true` or `false`. Throws an `Error` that names the variable. */
export function flag(environment: Environment, name: string, otherwise: boolean): boolean {
  const value = environment[name];
  if (value === undefined || value === '') return otherwise;
  if (value !== 'true' && value !== 'false') throw new Error(`${name} must be true or false, it is "${value}"`);
  return value === 'true';
}
