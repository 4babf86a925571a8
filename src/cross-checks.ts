import { fatal, type SettingsProblem, warning } from './config/problem.ts';
import { encryptionKeyOf } from './crypto/key-settings.ts';
import { demoApiTokenHash, demoEncryptionKey } from './demo.ts';
import { isJsonObject } from './domain/json.ts';
import { isSplashPage } from './protocol/splash/splash-page.ts';
import type { Settings } from './settings.ts';
import { trialChecks } from './trial-checks.ts';

/** Problems that show only when settings are looked at together; each says what to change. */
export function crossCheck(settings: Settings): readonly SettingsProblem[] {
  return [
    ...requiredSettings(settings),
    ...productionGuards(settings),
    ...consistency(settings),
    ...trialChecks(settings),
  ];
}

function requiredSettings({ general, authorize, keys, storage }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if (general.issuer === undefined) {
    problems.push(
      fatal(
        'op.issuer',
        'is required',
        'Set it to the URL under which the server is reached, e.g. https://id.example.com',
      ),
    );
  } else problems.push(...issuerProblems(general.issuer));
  if (authorize.endpoint === undefined) {
    problems.push(
      fatal(
        'op.authz.endpoint',
        'is required',
        'Set it to the URL of the login page, e.g. https://id.example.com/login',
      ),
    );
  }
  if (keys.encJwk === undefined && keys.staticJwkSet === undefined) {
    problems.push(fatal('keyStore.encJWK', 'is required', 'Make one with: tessera keys generate --enc'));
  }
  problems.push(...keyProblems(keys));
  if (storage.profile === 'postgres' && storage.url === undefined) {
    problems.push(
      fatal(
        'dataSource.url',
        'is required with storage.profile=postgres',
        'Set it to postgres://user:password@host:5432/database',
      ),
    );
  }
  return problems;
}

function keyProblems({ encJwk }: Settings['keys']): SettingsProblem[] {
  if (encJwk === undefined) return [];
  try {
    encryptionKeyOf(encJwk);
    return [];
  } catch {
    return [
      fatal(
        'keyStore.encJWK',
        'is not a 128-bit AES key as JWK (kty oct)',
        'Make one with: tessera keys generate --enc',
      ),
    ];
  }
}

function issuerProblems(issuer: string): SettingsProblem[] {
  const url = new URL(issuer);
  if (url.search || url.hash || issuer.includes('?') || issuer.includes('#')) {
    return [
      fatal('op.issuer', 'must have neither query nor fragment', 'Remove them (OpenID Connect Discovery, section 3).'),
    ];
  }
  if (url.username || url.password) return [fatal('op.issuer', 'must not contain credentials', 'Remove them.')];
  return url.protocol === 'http:'
    ? [warning('op.issuer', 'is a plain http URL', 'Use https for anything but tests.')]
    : [];
}

/** What must not go into production (`env=prod`). */
function productionGuards(settings: Settings): SettingsProblem[] {
  if (settings.general.env !== 'prod') return [];
  const problems: SettingsProblem[] = [];
  if (settings.general.issuer?.startsWith('http:')) {
    problems.push(fatal('op.issuer', 'must be an https URL with env=prod', 'Serve the provider over https.'));
  }
  if (isJsonObject(settings.keys.encJwk) && settings.keys.encJwk['k'] === demoEncryptionKey) {
    problems.push(
      fatal('keyStore.encJWK', 'is the public demo key', 'Make your own with: tessera keys generate --enc'),
    );
  }
  const apis = {
    'op.reg.apiAccessTokenSHA256': settings.registration.apiTokens,
    'op.authz.apiAccessTokenSHA256': settings.authorize.apiTokens,
    'sessionStore.apiAccessTokenSHA256': settings.sessions.apiTokens,
    'keyStore.apiAccessTokenSHA256': settings.keys.apiTokens,
    'monitor.apiAccessTokenSHA256': settings.monitor.apiTokens,
  };
  for (const [property, hashes] of Object.entries(apis)) {
    if ([...hashes.values()].includes(demoApiTokenHash)) {
      problems.push(
        fatal(property, 'is the public demo token', 'Configure the hash of a token of your own: openssl rand -hex 32'),
      );
    }
  }
  return problems;
}

function consistency({ authorize, general, registration, sessions, tokens }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if (!isSplashPage(general.splashPage)) {
    problems.push(
      fatal('op.splashPage', 'is neither one of the known names nor an http(s) URL', 'See docs/reference/config.md.'),
    );
  }
  const missing = authorize.requiredPkce.filter((method) => !authorize.allowedPkce.includes(method));
  if (missing.length > 0) {
    problems.push(
      fatal(
        'op.authz.requiredPKCE',
        `requires ${missing.join(', ')}, which op.authz.allowedPKCE refuses`,
        'Add it to op.authz.allowedPKCE.',
      ),
    );
  }
  for (const [property, value] of [
    ['sessionStore.maxLifetime', sessions.maxLifetime],
    ['sessionStore.authLifetime', sessions.authLifetime],
    ['sessionStore.maxIdleTime', sessions.maxIdleTime],
  ] as const) {
    if (value === 0) problems.push(fatal(property, 'must not be 0', 'Set minutes, or a negative number for no limit.'));
  }
  problems.push(...lifetimeOrder(sessions));
  if (registration.allowLocalhostRedirectionUrisForTest) {
    problems.push(
      warning('op.reg.allowLocalhostRedirectionURIsForTest', 'is for tests only', 'Turn it off in production.'),
    );
  }
  if (!registration.rejectNonTlsRedirectionUris) {
    problems.push(
      warning('op.reg.rejectNonTLSRedirectionURIs', 'lets codes travel over plain http', 'Turn it on in production.'),
    );
  }
  if (tokens.idTokenJwsAlgs.includes('none')) {
    problems.push(
      warning('op.idToken.jwsAlgs', 'allows ID tokens without signature (none)', 'Remove none in production.'),
    );
  }
  return problems;
}

/** A session ends with the shorter of its lifetimes; a longer one after it is then without effect. */
function lifetimeOrder({ maxLifetime, authLifetime, maxIdleTime }: Settings['sessions']): SettingsProblem[] {
  const minutes = (value: number) => (value < 0 ? Number.POSITIVE_INFINITY : value);
  const remedy = 'Expected sessionStore.maxLifetime >= authLifetime >= maxIdleTime.';
  return [
    ...(minutes(maxLifetime) < minutes(authLifetime)
      ? [warning('sessionStore.maxLifetime', 'is shorter than sessionStore.authLifetime', remedy)]
      : []),
    ...(minutes(authLifetime) < minutes(maxIdleTime)
      ? [warning('sessionStore.authLifetime', 'is shorter than sessionStore.maxIdleTime', remedy)]
      : []),
  ];
}
