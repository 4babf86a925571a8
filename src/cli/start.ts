import { type App, createApp } from '../app.ts';
import type { SettingsProblem } from '../config/problem.ts';
import { formatProblem } from '../config/problem.ts';
import type { ServerKeys } from '../crypto/server-keys.ts';
import type { Mount } from '../http/server.ts';
import { createLog } from '../observability/log.ts';
import { type LogDestination, openLogDestination } from '../observability/log-destination.ts';
import { createMetrics } from '../observability/metrics.ts';
import { measureRuntime } from '../observability/runtime-metrics.ts';
import type { Log } from '../ports/log.ts';
import type { Storage } from '../ports/stores/stores.ts';
import type { Settings } from '../settings.ts';
import { openClaimsSources } from './claims-sources.ts';
import { CommandFailed, isProgramFault, openingFailed, reasonOf, wrongConfiguration } from './command.ts';
import { openConfiguredStorage, systemClock } from './storage.ts';
import { registerStoreGauges } from './store-gauges.ts';

/** A running server. */
export interface RunningServer {
  readonly app: App;
  readonly log: Log;
  readonly port: number;
  /** Stops as at SIGTERM, but leaves the process to its caller. */
  readonly close: () => Promise<void>;
}

/** The issuer without trailing slash; the configuration has been checked to have one. */
export function issuerOf(settings: Settings): string {
  return (settings.general.issuer ?? '').replace(/\/+$/, '');
}

/**
 * Opens storage and keys, listens, and closes everything in reverse order when the process is asked to end, or when the
 * start fails halfway. Throws `CommandFailed`.
 */
export async function startServer(options: {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  readonly mounts?: readonly Mount[];
}): Promise<RunningServer> {
  const { settings, problems } = options;
  const opened: Closer[] = [];
  const destination = openLog(settings);
  opened.push(() => destination.close());
  const log = createLog({ level: settings.log.level, format: settings.log.format, destination });
  process.on('SIGHUP', () => void reopenLog(destination, settings.log.file, log));
  for (const problem of problems) log.warn('OP9010', formatProblem(problem));
  try {
    const app = await openApp(settings, options.mounts ?? [], log, opened);
    const port = await listen(app, settings);
    opened.push(() => app.server.close());
    log.info('OP9012', 'Listening', { issuer: app.provider.issuer, host: settings.http.host, port });
    const close = async () => {
      log.info('OP9013', 'Stopping');
      await closeAll(opened);
    };
    closeOnSignal(close);
    return { app, log, port, close };
  } catch (error) {
    const reason = reasonOf(error);
    log.error('OP9014', 'The server cannot start', { reason }, isProgramFault(error) ? error : undefined);
    await closeAll(opened);
    throw openingFailed('The server cannot start', error);
  }
}

/** Throws `CommandFailed` when the log file cannot be opened. */
function openLog({ log: { appender, file } }: Settings): LogDestination {
  if (appender !== 'rolling-file') return openLogDestination();
  try {
    return openLogDestination(file);
  } catch (error) {
    const remedy = 'Set it to a file in a directory that the server may write to.';
    throw new CommandFailed(`log.file: ${file} cannot be opened: ${reasonOf(error)}. ${remedy}`, wrongConfiguration);
  }
}

/** A server that cannot open the new file goes on with the old one: it must not end because of its log. */
async function reopenLog(destination: LogDestination, file: string, log: Log): Promise<void> {
  try {
    await destination.reopen();
  } catch (error) {
    const reason = reasonOf(error);
    log.error('OP9015', 'The log file cannot be opened anew: the old one stays in use', { file, reason });
  }
}

/** Lets go of something that was opened. */
type Closer = () => Promise<void> | void;

/** Closes in reverse order: what was opened first is what the rest stands on. */
async function closeAll(opened: readonly Closer[]): Promise<void> {
  for (const close of [...opened].reverse()) await close();
}

/** Opens everything that the application stands on, noting in `opened` how to close it. */
async function openApp(settings: Settings, mounts: readonly Mount[], log: Log, opened: Closer[]): Promise<App> {
  const metrics = createMetrics();
  opened.push(metrics.start());
  if (settings.monitor.runtimeMetrics) opened.push(measureRuntime(metrics));
  const storage = await openConfiguredStorage(settings, log);
  opened.push(() => storage.close());
  log.info('OP9011', 'Storage opened', { storage: storage.description });
  const app = await createApp({
    settings,
    issuer: issuerOf(settings),
    storage,
    claimsSources: await openClaimsSources(settings, { clock: systemClock, log }),
    mounts,
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
  opened.push(purgeRegularly(storage, settings.sessions.purgeInterval, log));
  opened.push(renewKeysRegularly(app.provider.keys));
  return app;
}

async function listen(app: App, { http }: Settings): Promise<number> {
  try {
    return await app.server.listen();
  } catch (error) {
    const place = `http.host=${http.host}, http.port=${http.port}`;
    throw new CommandFailed(`cannot listen at ${place}: ${reasonOf(error)}`);
  }
}

/** One purge at a time: where one takes longer than `interval` milliseconds, the turns in between are left out. */
function purgeRegularly(storage: Storage, interval: number, log: Log): () => void {
  if (interval <= 0) return () => {};
  let purging = false;
  const timer = setInterval(() => {
    if (purging) return;
    purging = true;
    storage
      .purge()
      .catch((error: unknown) => log.error('IS9001', 'The purge of expired entries failed', {}, error))
      .finally(() => {
        purging = false;
      });
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}

/** A server without requests renews its keys too: what it publishes must not be older than their cache lifetime. */
function renewKeysRegularly(keys: ServerKeys): () => void {
  const timer = setInterval(() => keys.current(), 1000);
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
