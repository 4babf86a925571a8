import { apiTokenHashes, integer, oneOf, type SettingsOf } from '../../config/property.ts';

/** Properties of subject sessions. */
export const sessionProperties = {
  apiTokens: apiTokenHashes('sessionStore.apiAccessTokenSHA256', '/session-store/rest/v2', [
    'sessionStore.secondaryAPIAccessTokenSHA256',
  ]),
  maxLifetime: integer('sessionStore.maxLifetime', 259_200, 'Longest life of a session; negative: no limit.', {
    unit: 'minutes',
  }),
  authLifetime: integer(
    'sessionStore.authLifetime',
    43_200,
    'Time after which the subject of a session must authenticate again; negative: no limit.',
    { unit: 'minutes' },
  ),
  maxIdleTime: integer(
    'sessionStore.maxIdleTime',
    14_400,
    'Time without use that ends a session; negative: no limit.',
    {
      unit: 'minutes',
    },
  ),
  quotaPerSubject: integer('sessionStore.quotaPerSubject', 5, 'Sessions that a subject may have at once.', {
    min: 1,
    max: 25,
  }),
  onQuotaExhaustion: oneOf(
    'sessionStore.onQuotaExhaustion',
    ['CLOSE_OLD_SESSION', 'DENY_NEW_SESSION'],
    'CLOSE_OLD_SESSION',
    'What happens when a subject has too many sessions.',
  ),
  purgeInterval: integer(
    'sessionStore.sessionMap.expirationInterval',
    600_000,
    'How often expired entries are purged from the stores; -1: never.',
    { unit: 'milliseconds', min: -1 },
  ),
} as const;

/** Values of the session properties. */
export type SessionSettings = SettingsOf<typeof sessionProperties>;
