import { fatal, type SettingsProblem, warning } from './config/problem.ts';
import type { KeySet } from './crypto/key-set.ts';
import { staticKeySet } from './crypto/key-settings.ts';
import { isJsonObject } from './domain/json.ts';
import { builtInRegistry } from './plugins/built-ins.ts';
import { createHttpClaimsSource } from './plugins/claims/http-source.ts';
import { claimsOverlap } from './protocol/claims/create-claims-service.ts';
import { scopeClaims } from './protocol/claims/scope-claims.ts';
import type { Settings } from './settings.ts';

/** What the parts of the server would refuse when it starts, found by making them for a trial: nothing is opened. */
export function trialChecks(settings: Settings): readonly SettingsProblem[] {
  return [
    ...staticKeys(settings),
    ...claims(settings),
    ...wireNames(settings),
    ...requestSizes(settings),
    ...overlay(settings),
    ...databaseUrl(settings),
  ];
}

/** The problem that an attempt throws, if it does. */
function trial(property: string, remedy: string, attempt: () => unknown): readonly SettingsProblem[] {
  try {
    attempt();
    return [];
  } catch (error) {
    return [fatal(property, error instanceof Error ? error.message : 'cannot be used', remedy)];
  }
}

function staticKeys({ keys, tokens }: Settings): readonly SettingsProblem[] {
  if (keys.staticJwkSet === undefined) return [];
  const property = 'keyStore.staticJWKSet.op';
  const remedy = 'Make a complete set with: tessera keys generate';
  let keySet: KeySet | undefined;
  const problems = trial(property, remedy, () => {
    // Without signatures: anybody may have a configuration checked.
    keySet = staticKeySet(keys.staticJwkSet, { prove: false });
  });
  const alg = tokens.accessTokenJwsAlg;
  if (keySet === undefined || keySet.signingKey(alg)) return problems;
  return [fatal(property, `has no key for authzStore.accessToken.jwsAlg=${alg}`, remedy)];
}

function claims({ claims: { map }, usersFile, httpClaims }: Settings): readonly SettingsProblem[] {
  const problems = [
    ...trial('op.claims.map.*', 'Name the claims of the scope value, or remove the property.', () => scopeClaims(map)),
  ];
  if (usersFile.enable && usersFile.file === undefined) {
    problems.push(
      fatal(
        'op.usersFileClaimsSource.file',
        'is required with op.usersFileClaimsSource.enable',
        'Set it to the path of a JSON users file.',
      ),
    );
  }
  if (httpClaims.enable) {
    const fetch = () => Promise.reject(new Error('nothing is fetched in a trial'));
    const make = () => createHttpClaimsSource({ settings: httpClaims, fetch: { fetch } });
    problems.push(...trial('op.httpClaimsSource.*', 'See docs/reference/config.md.', make));
  }
  const sources = [
    ...(usersFile.enable ? [{ name: 'usersFile', supportedClaims: usersFile.supportedClaims }] : []),
    ...(httpClaims.enable ? [{ name: 'http', supportedClaims: httpClaims.supportedClaims }] : []),
  ];
  const overlap = claimsOverlap(sources);
  if (overlap !== undefined) problems.push(fatal('op.httpClaimsSource.supportedClaims', overlap, ''));
  return problems;
}

/** Standard names of features that this server does not have: a configuration may name them, to no effect. */
const unserved = {
  authMethods: ['client_secret_jwt', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
  responseModes: ['query.jwt', 'fragment.jwt', 'form_post.jwt', 'jwt'],
} as const;

function wireNames({ token, authorize }: Settings): readonly SettingsProblem[] {
  const registry = builtInRegistry();
  return [
    ...served('op.token.authMethods', token.authMethods, registry.clientAuthMethods, unserved.authMethods),
    ...served('op.authz.responseModes', authorize.responseModes, registry.responseModes, unserved.responseModes),
  ];
}

function served(
  property: string,
  configured: readonly string[],
  registered: ReadonlyMap<string, unknown>,
  standard: readonly string[],
): readonly SettingsProblem[] {
  const offered = `Expected some of: ${[...registered.keys()].join(', ')}.`;
  const problems = configured
    .filter((name) => !registered.has(name))
    .map((name) =>
      standard.includes(name)
        ? warning(property, `${name} is not supported and has no effect`, offered)
        : fatal(property, `${name} is unknown`, offered),
    );
  if (configured.some((name) => registered.has(name))) return problems;
  return [...problems, fatal(property, 'leaves nothing that is supported', offered)];
}

function requestSizes({ http, registration, token }: Settings): readonly SettingsProblem[] {
  const sizes = {
    'op.reg.httpMaxRequestSize': registration.httpMaxRequestSize,
    'op.token.httpMaxRequestSize': token.httpMaxRequestSize,
  };
  return Object.entries(sizes)
    .filter(([, size]) => size > http.bodyLimit)
    .map(([property]) =>
      warning(property, `is more than http.bodyLimit=${http.bodyLimit}, which comes first`, 'Raise http.bodyLimit.'),
    );
}

function overlay({ general: { metadataOverlay } }: Settings): readonly SettingsProblem[] {
  if (metadataOverlay === undefined || isJsonObject(metadataOverlay)) return [];
  return [fatal('op.metadataOverlay', 'is not a JSON object', 'Expected { "member" : value, ... }.')];
}

/** The value is never repeated: it may have the password. */
function databaseUrl({ storage: { profile, url } }: Settings): readonly SettingsProblem[] {
  if (profile !== 'postgres' || url === undefined) return [];
  if (/^(?:jdbc:)?postgres(?:ql)?:/.test(url) && URL.canParse(url.replace(/^jdbc:/, ''))) return [];
  return [
    fatal(
      'dataSource.url',
      'is not a URL of PostgreSQL',
      'Set it to postgres://user:password@host:5432/database, or the password, which needs percent-encoding there, in dataSource.password.',
    ),
  ];
}
