import { type App, createApp } from '../app.ts';
import type { SettingsProblem } from '../config/problem.ts';
import { formatProblem } from '../config/problem.ts';
import type { Mount } from '../http/server.ts';
import { createLog } from '../observability/log.ts';
import { openLogDestination } from '../observability/log-destination.ts';
import { createMetrics } from '../observability/metrics.ts';
import { measureRuntime } from '../observability/runtime-metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Storage } from '../ports/stores/stores.ts';
import type { Settings } from '../settings.ts';
import { openStorage } from '../storage/open-storage.ts';
import { openClaimsSources } from './claims-sources.ts';
import { CommandFailed } from './command.ts';
import { registerStoreGauges } from './store-gauges.ts';

/** The time of the machine. */
export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

/** A running server. */
export interface RunningServer {
  readonly app: App;
  readonly log: Log;
  readonly port: number;
}

/** The issuer without trailing slash; the configuration has been checked to have one. */
export function issuerOf(settings: Settings): string {
  return (settings.general.issuer ?? '').replace(/\/+$/, '');
}

/** Opens storage and keys, listens, and closes everything in order when the process is asked to end. */
export async function startServer(options: {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  readonly mounts?: readonly Mount[];
}): Promise<RunningServer> {
  const { settings, problems } = options;
  const destination = openLogDestination(settings.log.appender === 'rolling-file' ? settings.log.file : undefined);
  const log = createLog({ level: settings.log.level, format: settings.log.format, destination });
  for (const problem of problems) log.warn('OP9010', formatProblem(problem));
  const metrics = createMetrics();
  const stopTicking = metrics.start();
  const stopMeasuring = settings.monitor.runtimeMetrics ? measureRuntime(metrics) : () => {};
  try {
    const storage = await openStorage(settings.storage, { clock: systemClock, log });
    log.info('OP9011', 'Storage opened', { storage: storage.description });
    const app = await createApp({
      settings,
      issuer: issuerOf(settings),
      storage,
      claimsSources: await openClaimsSources(settings, { clock: systemClock, log }),
      mounts: options.mounts ?? [],
      clock: systemClock,
      log,
      metrics,
    });
    registerStoreGauges({
      metrics,
      stores: app.provider.stores,
      cacheTimeout: settings.monitor.entryCountCacheTimeout,
      clock: systemClock,
    });
    const port = await app.server.listen();
    log.info('OP9012', 'Listening', { issuer: app.provider.issuer, host: settings.http.host, port });
    process.on('SIGHUP', () => void destination.reopen());
    const stopPurging = purgeRegularly(storage, settings.sessions.purgeInterval, log);
    closeOnSignal(async () => {
      stopPurging();
      stopTicking();
      stopMeasuring();
      await app.server.close();
      await storage.close();
      log.info('OP9013', 'Stopped');
      await destination.close();
    });
    return { app, log, port };
  } catch (error) {
    log.error('OP9014', 'The server cannot start', {}, error);
    await destination.close();
    throw new CommandFailed(`The server cannot start: ${error instanceof Error ? error.message : 'unknown reason'}`);
  }
}

function purgeRegularly(storage: Storage, interval: number, log: Log): () => void {
  if (interval <= 0) return () => {};
  const timer = setInterval(() => {
    storage.purge().then(
      (removed) => log.debug('IS0128', 'Expired entries purged', { removed }),
      (error: unknown) => log.error('IS9001', 'The purge of expired entries failed', {}, error),
    );
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}

/** Runs `close` once at the first SIGINT or SIGTERM; a second one ends the process at once. */
function closeOnSignal(close: () => Promise<void>): void {
  let closing = false;
  const onSignal = () => {
    if (closing) process.exit(1);
    closing = true;
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
