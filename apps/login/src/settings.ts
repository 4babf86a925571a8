import { countFrom, type Environment, flag, portFrom, required, webAddress } from '../../kit/src/settings.ts';
import type { LoginAppOptions } from './app.ts';
import { DEFAULT_REQUEST_LIMITS } from './open-requests.ts';
import { parseScopeLabels, type ScopeLabels } from './scope-labels.ts';

/** How the stand-alone program runs. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly app: Omit<LoginAppOptions, 'log'>;
}

/** Reads the environment variables that the README lists. Throws an `Error` that names the wrong one. */
export function readSettings(environment: Environment): Settings {
  const issuer = required(environment, 'ISSUER', 'the issuer URL of the server');
  const origin = webAddress('ISSUER', issuer);
  const apiBaseUrl = environment['API_BASE_URL'] || issuer;
  webAddress('API_BASE_URL', apiBaseUrl);
  const apiToken = required(environment, 'API_TOKEN', 'the token for the authorization session API');
  const acrs = (environment['LOGIN_ACRS'] ?? '').split(/\s+/).filter((value) => value !== '');
  const secret = environment['LOGIN_SECRET'];
  const labels = environment['LOGIN_SCOPE_LABELS'];
  return {
    host: environment['LOGIN_HOST'] || '127.0.0.1',
    port: portFrom(environment, 'LOGIN_PORT', 8081),
    app: {
      basePath: environment['LOGIN_BASE_PATH'] || '/login',
      apiBaseUrl,
      apiToken,
      sessionStoreToken: environment['SESSION_API_TOKEN'] || apiToken,
      usersFile: required(environment, 'USERS_FILE', 'the path of the JSON users file'),
      secureCookies: flag(environment, 'SECURE_COOKIES', origin.protocol === 'https:'),
      trustProxy: flag(environment, 'TRUST_PROXY', false),
      continueWithoutPassword: flag(environment, 'CONTINUE_WITHOUT_PASSWORD', true),
      refreshIdTokens: flag(environment, 'LOGIN_REFRESH_ID_TOKENS', true),
      requestLimits: {
        ...DEFAULT_REQUEST_LIMITS,
        perAddress: countFrom(environment, 'LOGIN_OPEN_REQUESTS_PER_ADDRESS', DEFAULT_REQUEST_LIMITS.perAddress),
        total: countFrom(environment, 'LOGIN_OPEN_REQUESTS', DEFAULT_REQUEST_LIMITS.total),
      },
      brand: environment['LOGIN_BRAND'] || 'Tessera',
      ...(acrs.length > 0 ? { acrs } : {}),
      ...(secret ? { secret } : {}),
      ...(labels ? { scopeLabels: scopeLabels(labels) } : {}),
    },
  };
}

function scopeLabels(text: string): ScopeLabels {
  try {
    return parseScopeLabels(text);
  } catch (error) {
    throw new Error(`LOGIN_SCOPE_LABELS: ${error instanceof Error ? error.message : String(error)}`);
  }
}
