import { fatal, type SettingsProblem, warning } from '../../config/problem.ts';
import { maxSubjectLength } from '../../domain/subject.ts';
import type { Feature } from '../../protocol/features/feature.ts';
import { configuredLimit, fixedLimit } from '../../protocol/features/limit.ts';
import { type SessionSettings, sessionProperties } from '../../protocol/subject-sessions/properties.ts';
import { bodyLimit } from '../body-limit.ts';
import { sessionStorePlace, sessionStoreRoutes } from './routes.ts';

/** The sessions of subjects, and the web API over them. */
export const sessionStoreFeature: Feature = {
  name: 'sessions',
  title: 'Subject sessions',
  place: sessionStorePlace,
  properties: sessionProperties,
  limits: [
    fixedLimit('Body of a call', bodyLimit, 'bytes', { error: 'body-too-large' }),
    fixedLimit('Identifier of a subject', maxSubjectLength, 'characters', { error: 'invalid-parameter' }),
    configuredLimit('Sessions of a subject', sessionProperties.quotaPerSubject, {
      effect: '`session-quota`, or the oldest is closed: `sessionStore.onQuotaExhaustion`',
    }),
  ],
  check(settingsOf) {
    const settings = settingsOf(sessionProperties);
    return [...emptyLifetimes(settings), ...lifetimeOrder(settings)];
  },
  routes: sessionStoreRoutes,
  gauges: ({ stores }) => ({ 'sessionStore.numSessions': () => stores.subjectSessions.count() }),
};

function emptyLifetimes(settings: SessionSettings): readonly SettingsProblem[] {
  return (['maxLifetime', 'authLifetime', 'maxIdleTime'] as const)
    .filter((member) => settings[member] === 0)
    .map((member) =>
      fatal(sessionProperties[member].name, 'must not be 0', 'Set minutes, or a negative number for no limit.'),
    );
}

/** A session ends with the shorter of its lifetimes; a longer one after it is then without effect. */
function lifetimeOrder({ maxLifetime, authLifetime, maxIdleTime }: SessionSettings): readonly SettingsProblem[] {
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
