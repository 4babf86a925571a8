import { counted, error, info, warn } from './event.ts';

/** The process: its start and its end. */
export const processEvents = {
  configurationProblem: warn(
    'OP9010',
    'A problem of the configuration',
    { problem: 'message' },
    { meaning: 'Start: something in the configuration deserves attention' },
  ),
  storageOpened: info('OP9011', 'Storage opened', { storage: 'text' }),
  listening: info('OP9012', 'Listening', { issuer: 'text', host: 'text', port: 'number' }),
  stopping: info('OP9013', 'Stopping', {}, { meaning: 'The server has been asked to end' }),
  startFailed: error('OP9014', 'The server cannot start', { reason: 'text' }),
  logNotReopened: error(
    'OP9015',
    'The log file cannot be opened anew: the old one stays in use',
    { file: 'text', reason: 'text' },
    { meaning: 'At `SIGHUP`' },
  ),
  listenerFailed: error('OP9016', 'A listener of events failed', {}),
} as const;

/** HTTP, whatever the endpoint. */
export const httpEvents = {
  success: counted('http.responses.2xx', 'A response of that family'),
  redirect: counted('http.responses.3xx', 'A response of that family'),
  clientError: counted('http.responses.4xx', 'A response of that family'),
  serverError: counted('http.responses.5xx', 'A response of that family: should stay at zero'),
  requestFailed: error(
    'OP9000',
    'A request failed for an internal reason',
    { method: 'text?', route: 'text?' },
    {
      meaning:
        'The caller got `server_error`, and in `X-Correlation-ID` the `requestId` of the log lines. `route` is the pattern of the path, which itself may hold credentials',
    },
  ),
  mountFailed: error('OP9001', 'A mounted page failed', { path: 'text' }, { meaning: 'In `tessera dev`' }),
  replyBroken: error('OP9002', 'A reply broke off while it was written', { method: 'text?', route: 'text?' }),
  readerCut: warn(
    'OP9003',
    'A connection was cut: its answers were not read',
    { property: 'text', answers: 'number', unread_bytes: 'number' },
    {
      meter: 'http.readersCut',
      meaning:
        'A peer that sends requests and does not take the answers, or takes them too slowly. `property` is the limit that was reached; raise it if honest peers are that slow',
    },
  ),
  connectionsRefused: warn(
    'OP9004',
    'Connections were refused',
    { count: 'number', limit: 'number' },
    {
      meter: 'http.connectionsRefused',
      meaning:
        'There were `http.maxConnections` already. Told and counted at most once in a second, with their number. Behind a proxy, let that keep fewer open',
    },
  ),
  invalidApiToken: warn(
    'OP9504',
    'Invalid API token',
    { property: 'text' },
    {
      meter: 'op.invalidAPITokens',
      meaning:
        'A call of a web API had a token that opens none: a misconfigured caller, or somebody who guesses. `property` governs it',
    },
  ),
} as const;

/** Health checks. */
export const healthEvents = {
  checkFailed: error('OP9100', 'A health check failed', { check: 'text' }),
  checkSlow: warn('OP9101', 'A health check took too long', { check: 'text', limit_ms: 'number' }),
} as const;
