import { warning } from '../../config/problem.ts';
import { maxJwsHeader } from '../../crypto/jws.ts';
import { longestLifetime } from '../../domain/authorization.ts';
import type { Feature } from '../features/feature.ts';
import { configuredLimit, fixedLimit } from '../features/limit.ts';
import { tokenMembers } from './client-members.ts';
import { supportedIdTokenAlgs } from './id-token.ts';
import { tokensProperties } from './properties.ts';

/** Codes, tokens and what is remembered of them. */
export const tokensFeature: Feature = {
  name: 'tokens',
  title: 'Tokens and remembered authorisations',
  properties: tokensProperties,
  limits: [
    configuredLimit('A self-contained access token that is issued', tokensProperties.accessTokenMaxSize, {
      error: 'token-too-large',
    }),
    configuredLimit('Life of a code', tokensProperties.codeLifetime, { error: 'invalid-code' }),
    configuredLimit(
      'Grants with a refresh token for each subject and client',
      tokensProperties.maxGrantsPerAuthorization,
      {
        effect: 'Those unused for longest end',
      },
    ),
    fixedLimit('Header of a JWT that is presented', maxJwsHeader, 'characters', { effect: 'It is no JWT' }),
    fixedLimit('A lifetime that is ordered', longestLifetime, 'seconds', { error: 'invalid-parameter' }),
  ],
  check: (settingsOf) =>
    settingsOf(tokensProperties).idTokenJwsAlgs.includes('none')
      ? [
          warning(
            tokensProperties.idTokenJwsAlgs.name,
            'allows ID tokens without signature (none)',
            'Remove none in production.',
          ),
        ]
      : [],
  metadata: (provider) => ({
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: supportedIdTokenAlgs(provider),
  }),
  clientMetadata: tokenMembers,
  gauges: ({ stores }) => ({
    'authzStore.numGenericCodes': () => stores.codes.count(),
    'authzStore.numAuthzCodes': () => stores.codes.count(),
    'authzStore.numIdAccessTokens': () => stores.accessTokens.count(),
    'authzStore.numExpendedTokenEntries': () => stores.expended.count(),
    'authzStore.numLongLivedAuthorizations': () => stores.authorizations.count(),
    'authzStore.numRevocationJournalEntries': () => stores.revocations.count(),
  }),
};
