import type { LoginAppOptions } from './app.ts';

/** How the stand-alone program runs. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly app: Omit<LoginAppOptions, 'log'>;
}

type Environment = Readonly<Record<string, string | undefined>>;

function required(environment: Environment, name: string, what: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`${name} must be set: ${what}`);
  return value;
}

function webAddress(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new Error(`${name} must be an http or https URL, it is "${value}"`);
  }
  return url;
}

function flag(environment: Environment, name: string, otherwise: boolean): boolean {
  const value = environment[name];
  if (value === undefined || value === '') return otherwise;
  if (value !== 'true' && value !== 'false') throw new Error(`${name} must be true or false, it is "${value}"`);
  return value === 'true';
}

/** Reads the environment variables that the README lists. Throws an `Error` that names the wrong one. */
export function readSettings(environment: Environment): Settings {
  const issuer = required(environment, 'ISSUER', 'the issuer URL of the server');
  const origin = webAddress('ISSUER', issuer);
  const apiBaseUrl = environment['API_BASE_URL'] || issuer;
  webAddress('API_BASE_URL', apiBaseUrl);
  const apiToken = required(environment, 'API_TOKEN', 'the token for the authorization session API');
  const port = Number(environment['LOGIN_PORT'] || 8081);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('LOGIN_PORT must be a port number');
  const acrs = (environment['LOGIN_ACRS'] ?? '').split(/\s+/).filter((value) => value !== '');
  const secret = environment['LOGIN_SECRET'];
  return {
    host: environment['LOGIN_HOST'] || '127.0.0.1',
    port,
    app: {
      basePath: environment['LOGIN_BASE_PATH'] || '/login',
      apiBaseUrl,
      apiToken,
      sessionStoreToken: environment['SESSION_API_TOKEN'] || apiToken,
      usersFile: required(environment, 'USERS_FILE', 'the path of the JSON users file'),
      secureCookies: flag(environment, 'SECURE_COOKIES', origin.protocol === 'https:'),
      trustProxy: flag(environment, 'TRUST_PROXY', false),
      continueWithoutPassword: flag(environment, 'CONTINUE_WITHOUT_PASSWORD', true),
      brand: environment['LOGIN_BRAND'] || 'Tessera',
      ...(acrs.length > 0 ? { acrs } : {}),
      ...(secret ? { secret } : {}),
    },
  };
}
