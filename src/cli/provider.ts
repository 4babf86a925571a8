import { createProvider } from '../app.ts';
import type { ReadLayer } from '../config/settings-layer.ts';
import { builtInFeatures } from '../features.ts';
import { createMetrics } from '../observability/metrics.ts';
import { noEvents } from '../ports/events.ts';
import type { Provider } from '../protocol/context.ts';
import { CommandFailed, isProgramFault, openingFailed } from './command.ts';
import { loadConfiguration, usableSettings } from './configuration.ts';
import { issuerOf } from './start.ts';
import { claimStorage, openConfiguredStorage, refuseMemory, systemClock } from './storage.ts';

/**
 * Opens the provider of a configuration without listening, for commands that work on its stores. Call `close` at
 * the end. Throws `CommandFailed`.
 */
export async function openProvider(
  paths: readonly string[],
  commandLine: ReadLayer,
): Promise<{ readonly provider: Provider; readonly close: () => Promise<void> }> {
  const settingsOf = usableSettings(await loadConfiguration({ paths, commandLine }));
  refuseMemory(settingsOf);
  const storage = await openConfiguredStorage(settingsOf, noEvents);
  const issuer = issuerOf(settingsOf);
  try {
    await claimStorage(storage, { settingsOf, issuer });
    const provider = await createProvider({
      features: builtInFeatures,
      settingsOf,
      issuer,
      storage,
      clock: systemClock,
      events: noEvents,
      metrics: createMetrics(),
    });
    return { provider, close: () => storage.close() };
  } catch (error) {
    await storage.close();
    if (isProgramFault(error) || error instanceof CommandFailed) throw error;
    throw openingFailed('The keys of the server cannot be opened', error);
  }
}
