import { withSettings } from '../config/settings-reader.ts';
import { createEvents } from '../observability/events.ts';
import type { Subscriber } from '../ports/events.ts';
import { storageProperties } from '../storage/properties.ts';
import { parseOptions } from './command.ts';
import { loadConfiguration, takeSettings, usableSettings } from './configuration.ts';
import { issuerOf } from './start.ts';
import { claimStorage, openConfiguredStorage, refuseMemory } from './storage.ts';

const usage = `Usage: tessera migrate --config FILE|DIR [--move-issuer]

Makes the tables, or brings them to the schema of this release. A server does so at its start; this is for those who have
turned that off (dataSource.createTableIfMissing=false), whose servers may not change tables, or who choose the time.
Back up first: an older release does not start on a migrated database.

  --config FILE|DIR   configuration; may be given more than once
  --move-issuer       the storage belongs to op.issuer from now on, whoever had it before: what is in it was issued in
                      the name of the old issuer, and clients will notice`;

const options = {
  config: { type: 'string', multiple: true, short: 'c' },
  'move-issuer': { type: 'boolean' },
} as const;

/** `tessera migrate`: makes the tables of the storage, or brings them up to date. */
export async function migrate(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values } = parseOptions(rest, options, usage);
  const configured = usableSettings(await loadConfiguration({ paths: values.config ?? [], commandLine: layer }));
  refuseMemory(configured);
  const settingsOf = withSettings(configured, storageProperties, { createTables: true });
  const storage = await openConfiguredStorage(settingsOf, createEvents({ listeners: [showWaits] }));
  try {
    const issuer = issuerOf(settingsOf);
    await claimStorage(storage, { settingsOf, issuer, move: values['move-issuer'] ?? false });
    console.log(`The tables are those of this release: ${storage.description}, of the issuer ${issuer}.`);
  } finally {
    await storage.close();
  }
}

/** Somebody looks on, who wants to know why it takes so long. */
const showWaits: Subscriber = ({ level, text }, { reason }) => {
  if (level === 'warn' || level === 'error') console.error(`${text}${reason === undefined ? '' : `: ${reason}`}`);
};
