import { messageOf } from '../domain/error-message.ts';
import { builtInFeatures } from '../features.ts';
import { createEvents } from '../observability/events.ts';
import type { Subscriber } from '../ports/events.ts';
import { trialServices } from '../protocol/features/check-settings.ts';
import { registryOf } from '../protocol/features/derive.ts';
import { followersIn } from '../protocol/subject-sessions/session-followers.ts';
import { CommandFailed, parseOptions } from './command.ts';
import { loadConfiguration, takeSettings, usableSettings } from './configuration.ts';
import { openConfiguredStorage, refuseMemory } from './storage.ts';

const usage = `Usage: tessera purge --config FILE|DIR

Removes expired entries from the storage. The server does so by itself; this is for those who have turned that off
(sessionStore.sessionMap.expirationInterval=-1) and run it by a timer.

  --config FILE|DIR   configuration; may be given more than once`;

/** `tessera purge`: removes expired entries once. */
export async function purge(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values } = parseOptions(rest, { config: { type: 'string', multiple: true, short: 'c' } }, usage);
  const settingsOf = usableSettings(await loadConfiguration({ paths: values.config ?? [], commandLine: layer }));
  refuseMemory(settingsOf);
  const failures: string[] = [];
  const storage = await openConfiguredStorage(settingsOf, createEvents({ listeners: [notingErrors(failures)] }));
  try {
    const follow = followersIn(registryOf(builtInFeatures, trialServices(settingsOf)));
    const removed = await storage.purge((_tid, ended) => follow(ended));
    console.log(`Removed ${removed} expired entries from ${storage.description}.`);
  } catch (error) {
    failures.push(messageOf(error));
  } finally {
    await storage.close();
  }
  if (failures.length > 0) throw new CommandFailed(['Not everything could be purged:', ...failures].join('\n  '));
}

/** The storage goes on with the other tables when one cannot be purged: only the events tell. */
function notingErrors(failures: string[]): Subscriber {
  return ({ level, text }, { table }, error) => {
    if (level === 'error') failures.push(`${table === undefined ? text : `table ${table}`}: ${messageOf(error)}`);
  };
}
