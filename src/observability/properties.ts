import { oneOf, type SettingsOf, textWithDefault } from '../config/property.ts';
import { logLevels } from './log.ts';

/** Properties of the log. */
export const logProperties = {
  level: oneOf('log4j.level', logLevels, 'INFO', 'The least severe messages that are logged.'),
  appender: oneOf(
    'log4j.loggers.root.appender',
    ['console', 'rolling-file'],
    'console',
    'Where the log goes: standard output, or the file log.file (moved away by the system: send SIGHUP afterwards).',
  ),
  format: oneOf('log.format', ['text', 'json'], 'text', 'Readable lines, or one JSON object per line.'),
  file: textWithDefault('log.file', 'c2id-server.log', 'Path of the log file, for the appender rolling-file.'),
} as const;

/** Values of the log properties. */
export type LogSettings = SettingsOf<typeof logProperties>;
