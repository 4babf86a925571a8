import { fatal, type SettingsProblem } from '../config/problem.ts';
import { events } from '../events/catalogue.ts';
import type { Events } from '../ports/events.ts';
import type { Feature, Running } from '../protocol/features/feature.ts';
import { sessionProperties } from '../protocol/subject-sessions/properties.ts';
import { followersIn } from '../protocol/subject-sessions/session-followers.ts';
import { type StorageSettings, storageProperties } from '../storage/properties.ts';

/** Where everything is kept. The storage itself is open before the features are. */
export const storageFeature: Feature = {
  name: 'storage',
  title: 'Storage',
  properties: storageProperties,
  check: (settingsOf) => databaseUrl(settingsOf(storageProperties)),
  health: ({ storage }) => [{ name: 'sqlStore.pool.ConnectivityCheck', check: () => storage.check() }],
  open({ provider, storage }) {
    const follow = followersIn(provider.registry);
    const timer = provider.metrics.timer('storage.purgeTimer');
    const purge = async () => {
      const started = performance.now();
      await storage.purge((_tid, ended) => follow(ended));
      timer.record(performance.now() - started);
    };
    return purgeRegularly(purge, provider.settingsOf(sessionProperties).purgeInterval, provider.events);
  },
};

/** The value is never repeated: it may have the password. */
function databaseUrl({ profile, url }: StorageSettings): readonly SettingsProblem[] {
  if (profile !== 'postgres') return [];
  const property = storageProperties.url.name;
  const remedy = 'Set it to postgres://user:password@host:5432/database';
  if (url === undefined) return [fatal(property, 'is required with storage.profile=postgres', remedy)];
  if (/^(?:jdbc:)?postgres(?:ql)?:/.test(url) && URL.canParse(url.replace(/^jdbc:/, ''))) return [];
  const encoded = `${remedy}, or the password, which needs percent-encoding there, in dataSource.password.`;
  return [fatal(property, 'is not a URL of PostgreSQL', encoded)];
}

/** One purge at a time: where one takes longer than `interval` milliseconds, the turns in between are left out, which is told. */
function purgeRegularly(purge: () => Promise<unknown>, interval: number, told: Events): Running {
  if (interval <= 0) return { close() {} };
  let purging = false;
  const timer = setInterval(() => {
    if (purging) return told.emit(events.storage.purgeBehind, { interval_ms: interval });
    purging = true;
    purge()
      .catch((error: unknown) => told.emit(events.storage.purgeFailed, {}, error))
      .finally(() => {
        purging = false;
      });
  }, interval);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
