import { boolean, integer, list, listOf, oneOf, type SettingsOf, text } from '../../config/property.ts';
import { asymmetricJwsAlgs, hmacJwsAlgs } from '../../crypto/jws-algorithms.ts';

const idTokenAlgs = [...asymmetricJwsAlgs, ...hmacJwsAlgs, 'none'] as const;

/** Properties of codes and tokens. */
export const tokensProperties = {
  codeLifetime: integer('authzStore.code.lifetime', 300, 'Time in which an authorization code can be redeemed.', {
    unit: 'seconds',
    min: 10,
    max: 3600,
  }),
  accessTokenLifetime: integer(
    'authzStore.accessToken.defaultLifetime',
    600,
    'Lifetime of access tokens for which nothing else was ordered.',
    { unit: 'seconds', min: 1 },
  ),
  accessTokenJwsAlg: oneOf(
    'authzStore.accessToken.jwsAlg',
    asymmetricJwsAlgs,
    'RS256',
    'Signature algorithm of self-contained access tokens. ES256 takes a fifth of the time of RS256.',
    { aliases: ['authzStore.accessToken.jwsAlgorithm'] },
  ),
  accessTokenProfile: oneOf(
    'authzStore.accessToken.codec.jwt.profile',
    ['c2id-1.1', 'c2id-1.0', 'oauth-1.0'],
    'c2id-1.1',
    'Claim names and type of self-contained access tokens; oauth-1.0 is RFC 9068.',
  ),
  accessTokenMaxSize: integer(
    'authzStore.accessToken.maxSize',
    12_288,
    'Largest self-contained access token that is issued, and that the server takes in a header. No token is issued that leaves less than a quarter of op.token.httpMaxRequestSize. Many proxies and resource servers take no more than 8192.',
    { unit: 'characters', min: 1024, max: 1_000_000 },
  ),
  refreshTokenLifetime: integer(
    'authzStore.refreshToken.defaultLifetime',
    0,
    'Lifetime of refresh tokens for which nothing else was ordered; 0: no end.',
    { unit: 'seconds', min: 0 },
  ),
  refreshTokenRotate: boolean(
    'authzStore.refreshToken.defaultRotate',
    false,
    'Rotate refresh tokens for which nothing else was ordered.',
    { aliases: ['authzStore.refreshToken.alwaysUpdate'] },
  ),
  rotatedReuseGracePeriod: integer(
    'authzStore.refreshToken.rotatedReuseGracePeriod',
    5,
    'For how long a rotated refresh token yields the same successor again, for clients that missed the answer; after it, its use is a replay that ends the grant.',
    { unit: 'seconds', min: 0, max: 300 },
  ),
  maxGrantsPerAuthorization: integer(
    'authzStore.refreshToken.maxPerAuthorization',
    50,
    'Grants with a refresh token, one for each login, that are kept for a subject and client; beyond that, those unused for longest end.',
    { min: 1, max: 10_000 },
  ),
  revocationCheckBias: integer(
    'authzStore.revocation.checkBias',
    0,
    'Added to the time of a revocation before it is compared with the issue time of a token. Negative: tolerance for clocks that differ.',
    { unit: 'seconds', min: -300, max: 300 },
  ),
  revocationRetention: integer(
    'authzStore.revocation.retention',
    34_560_000,
    'For how long the revocation of a subject or client is kept at least; it is kept for as long as what it revokes can live.',
    { unit: 'seconds', min: 86_400 },
  ),
  idTokenLifetime: integer('op.idToken.defaultLifetime', 300, 'Lifetime of ID tokens.', { unit: 'seconds', min: 1 }),
  idTokenJwsAlgs: listOf(
    'op.idToken.jwsAlgs',
    idTokenAlgs,
    [...asymmetricJwsAlgs.filter((alg) => alg !== 'ES256K'), ...hmacJwsAlgs],
    'Signature algorithms that clients may choose for ID tokens. /jwks.json has the keys that these and authzStore.accessToken.jwsAlg need, and no others. With ES256K it has a key of the curve secp256k1, for which many libraries refuse the whole set (go-oidc and what is built on it, node-jose).',
  ),
  idTokenIncludeJwtId: boolean('op.idToken.includeJWTID', false, 'Add a jti to ID tokens.'),
  idTokenJwtType: text('op.token.idToken.jwtType', 'typ header of ID tokens, e.g. id_token+jwt; absent: none.', {
    aliases: ['op.idToken.jwtType'],
  }),
  idTokenSessionClaims: list(
    'op.idToken.includeSubjectSessionClaims',
    ['*'],
    'Members of the claims of a subject session that go into ID tokens; * for all, blank for none.',
    { blankCounts: true },
  ),
  idTokenIgnoreClaimsSourceErrors: boolean(
    'op.idToken.ignoreClaimsSourceErrors',
    true,
    'Issue an ID token without the claims of a source that fails, rather than not at all.',
    { aliases: ['op.idToken.ignoreUserInfoError'] },
  ),
} as const;

/** Values of the code and token properties. */
export type TokensSettings = SettingsOf<typeof tokensProperties>;
