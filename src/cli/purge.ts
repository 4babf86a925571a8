import { silentLog } from '../ports/log.ts';
import { parseOptions } from './command.ts';
import { loadConfiguration, takeSettings, usableSettings } from './configuration.ts';
import { openConfiguredStorage } from './storage.ts';

const usage = `Usage: tessera purge --config FILE|DIR

Removes expired entries from the storage. The server does so by itself; this is for those who have turned that off
(sessionStore.sessionMap.expirationInterval=-1) and run it by a timer.

  --config FILE|DIR   configuration; may be given more than once`;

/** `tessera purge`: removes expired entries once. */
export async function purge(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values } = parseOptions(rest, { config: { type: 'string', multiple: true, short: 'c' } }, usage);
  const settings = usableSettings(await loadConfiguration({ paths: values.config ?? [], commandLine: layer }));
  const storage = await openConfiguredStorage(settings, silentLog);
  try {
    console.log(`Removed ${await storage.purge()} expired entries from ${storage.description}.`);
  } finally {
    await storage.close();
  }
}
