import { type App, createApp } from '../app.ts';
import type { SettingsProblem } from '../config/problem.ts';
import { formatProblem } from '../config/problem.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { messageOf } from '../domain/error-message.ts';
import { events } from '../events/catalogue.ts';
import { builtInFeatures } from '../features.ts';
import { httpProperties } from '../http/properties.ts';
import type { Mount } from '../http/server.ts';
import { monitorProperties } from '../integration/monitor/properties.ts';
import { createEvents } from '../observability/events.ts';
import { createLog } from '../observability/log.ts';
import { type LogDestination, openLogDestination } from '../observability/log-destination.ts';
import { createMetrics, type ServerMetrics } from '../observability/metrics.ts';
import { type LogSettings, logProperties } from '../observability/properties.ts';
import { measureRuntime } from '../observability/runtime-metrics.ts';
import type { Events } from '../ports/events.ts';
import type { Log } from '../ports/log.ts';
import { generalProperties } from '../protocol/properties.ts';
import { CommandFailed, isProgramFault, openingFailed, wrongConfiguration } from './command.ts';
import { claimStorage, openConfiguredStorage, systemClock } from './storage.ts';

/** A running server. */
export interface RunningServer {
  readonly app: App;
  readonly log: Log;
  readonly port: number;
  /** Stops as at SIGTERM, but leaves the process to its caller. */
  readonly close: () => Promise<void>;
}

/** The issuer without trailing slash; the configuration has been checked to have one. */
export function issuerOf(settingsOf: SettingsReader): string {
  return (settingsOf(generalProperties).issuer ?? '').replace(/\/+$/, '');
}

/**
 * Opens storage and keys, listens, and closes everything in reverse order when the process is asked to end, or when the
 * start fails halfway. Throws `CommandFailed`.
 */
export async function startServer(options: {
  readonly settingsOf: SettingsReader;
  readonly problems: readonly SettingsProblem[];
  readonly mounts?: readonly Mount[];
  /** The storage follows the issuer, which is for a first look: it has no users to lose. */
  readonly moveIssuer?: boolean;
}): Promise<RunningServer> {
  const { settingsOf, problems } = options;
  const settings = settingsOf(logProperties);
  const opened: Closer[] = [];
  const destination = openLog(settings);
  opened.push(() => destination.close());
  const log = createLog({ level: settings.level, format: settings.format, destination });
  const metrics = createMetrics();
  const told = createEvents({ log, metrics });
  process.on('SIGHUP', () => void reopenLog(destination, settings.file, told));
  for (const problem of problems) told.emit(events.process.configurationProblem, { problem: formatProblem(problem) });
  try {
    const app = await openApp({ ...options, mounts: options.mounts ?? [], metrics, told }, opened);
    opened.push(() => app.close());
    const port = await listen(app, settingsOf);
    const { host } = settingsOf(httpProperties);
    told.emit(events.process.listening, { issuer: app.provider.issuer, host, port });
    const close = async () => {
      told.emit(events.process.stopping);
      await closeAll(opened);
    };
    closeOnSignal(close);
    return { app, log, port, close };
  } catch (error) {
    const reason = messageOf(error);
    told.emit(events.process.startFailed, { reason }, isProgramFault(error) ? error : undefined);
    await closeAll(opened);
    throw openingFailed('The server cannot start', error);
  }
}

/** Throws `CommandFailed` when the log file cannot be opened. */
function openLog({ appender, file }: LogSettings): LogDestination {
  if (appender !== 'rolling-file') return openLogDestination();
  try {
    return openLogDestination(file);
  } catch (error) {
    const remedy = 'Set it to a file in a directory that the server may write to.';
    throw new CommandFailed(`log.file: ${file} cannot be opened: ${messageOf(error)}. ${remedy}`, wrongConfiguration);
  }
}

/** A server that cannot open the new file goes on with the old one: it must not end because of its log. */
async function reopenLog(destination: LogDestination, file: string, told: Events): Promise<void> {
  try {
    await destination.reopen();
  } catch (error) {
    const reason = messageOf(error);
    told.emit(events.process.logNotReopened, { file, reason });
  }
}

/** Lets go of something that was opened. */
type Closer = () => Promise<void> | void;

/** Closes in reverse order: what was opened first is what the rest stands on. */
async function closeAll(opened: readonly Closer[]): Promise<void> {
  for (const close of [...opened].reverse()) await close();
}

interface AppParts {
  readonly settingsOf: SettingsReader;
  readonly mounts: readonly Mount[];
  readonly metrics: ServerMetrics;
  readonly told: Events;
  readonly moveIssuer?: boolean;
}

/** Opens the application and everything that it stands on, noting in `opened` how to close that. */
async function openApp(parts: AppParts, opened: Closer[]): Promise<App> {
  const { settingsOf, mounts, metrics, told } = parts;
  opened.push(metrics.start());
  if (settingsOf(monitorProperties).runtimeMetrics) opened.push(measureRuntime(metrics));
  const storage = await openConfiguredStorage(settingsOf, told);
  opened.push(() => storage.close());
  told.emit(events.process.storageOpened, { storage: storage.description });
  const issuer = issuerOf(settingsOf);
  await claimStorage(storage, { settingsOf, issuer, move: parts.moveIssuer ?? false });
  return createApp({
    features: builtInFeatures,
    settingsOf,
    issuer,
    storage,
    mounts,
    clock: systemClock,
    events: told,
    metrics,
  });
}

async function listen(app: App, settingsOf: SettingsReader): Promise<number> {
  try {
    return await app.server.listen();
  } catch (error) {
    const { host, port } = settingsOf(httpProperties);
    const remedy = isTaken(error) ? '; choose another port, in the configuration or by --port of tessera dev' : '';
    throw new CommandFailed(`cannot listen at http.host=${host}, http.port=${port}: ${messageOf(error)}${remedy}`);
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
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
