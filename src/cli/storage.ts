import type { SettingsReader } from '../config/settings-reader.ts';
import { messageOf } from '../domain/error-message.ts';
import type { Clock } from '../ports/clock.ts';
import type { Events } from '../ports/events.ts';
import type { Storage } from '../ports/stores/stores.ts';
import { openStorage } from '../storage/open-storage.ts';
import { storageProperties } from '../storage/properties.ts';
import { allocateYoung } from './collector.ts';
import { CommandFailed, wrongConfiguration } from './command.ts';

/** The time of the machine. */
export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

/** Where the storage of a profile is said to be. */
const places = { memory: 'storage.profile', sqlite: 'storage.sqlite.file', postgres: 'dataSource.url' } as const;

/** Opens the storage of a configuration. Throws `CommandFailed` with the property that says where it is. */
export async function openConfiguredStorage(settingsOf: SettingsReader, events: Events): Promise<Storage> {
  const settings = settingsOf(storageProperties);
  if (settings.profile === 'postgres') allocateYoung();
  try {
    return await openStorage(settings, { clock: systemClock, events });
  } catch (error) {
    throw new CommandFailed(`The storage cannot be opened (${places[settings.profile]}): ${messageOf(error)}`);
  }
}

/**
 * Makes sure that the storage belongs to this issuer, with `move` from now on. Throws `CommandFailed` when it belongs to another:
 * two issuers would take each other's clients, sessions and tokens for their own.
 */
export async function claimStorage(
  storage: Storage,
  {
    settingsOf,
    issuer,
    move = false,
  }: { readonly settingsOf: SettingsReader; readonly issuer: string; readonly move?: boolean },
): Promise<void> {
  const owner = await storage.claim(issuer, { move });
  if (owner === issuer) return;
  const { profile } = settingsOf(storageProperties);
  const place = profile === 'postgres' ? `${places[profile]} or dataSource.databaseSchema` : places[profile];
  throw new CommandFailed(
    `The storage belongs to the issuer ${owner}, and op.issuer is ${issuer}: set op.issuer to ${owner}, or give this issuer a storage of its own (${place}). Where the server has moved for good, run tessera migrate --move-issuer`,
    wrongConfiguration,
  );
}

/** For commands that work on what is stored, and end. Throws `CommandFailed` where nothing outlives the process. */
export function refuseMemory(settingsOf: SettingsReader): void {
  if (settingsOf(storageProperties).profile !== 'memory') return;
  throw new CommandFailed(
    'storage.profile=memory keeps nothing beyond this process, and the data of a running server is out of reach. Use the web API of the server, or another profile.',
    wrongConfiguration,
  );
}
