import { boolean, integer, list, type SettingsOf, text, textWithDefault } from '../config/property.ts';

/** Properties of the HTTP listener and of CORS. */
export const httpProperties = {
  host: textWithDefault('http.host', '127.0.0.1', 'Address to listen at.'),
  port: integer('http.port', 8080, 'Port to listen at; 0: any free one.', { min: 0, max: 65_535 }),
  contextPath: text(
    'http.contextPath',
    'Path below which requests arrive, where a proxy cuts off or adds something; / for none. Absent: the path of op.issuer.',
  ),
  bodyLimit: integer('http.bodyLimit', 262_144, 'Largest request body of all.', { unit: 'bytes', min: 1024 }),
  keepAliveTimeout: integer('http.keepAliveTimeout', 65_000, 'For how long an idle connection is kept.', {
    unit: 'milliseconds',
    min: 0,
  }),
  requestTimeout: integer('http.requestTimeout', 30_000, 'Time in which a request must have arrived completely.', {
    unit: 'milliseconds',
    min: 1000,
  }),
  writeTimeout: integer(
    'http.writeTimeout',
    30_000,
    'Time in which an answer must have been taken by its reader; else the connection is cut.',
    { unit: 'milliseconds', min: 100 },
  ),
  maxConnections: integer('http.maxConnections', 10_000, 'Connections at one time; further ones are closed at once.', {
    min: 1,
  }),
  maxUnread: integer(
    'http.maxUnread',
    67_108_864,
    'Answers that wait for their readers, all together; beyond it, the connection is cut that has kept one waiting for longest.',
    { unit: 'bytes', min: 65_536 },
  ),
  maxUnreadPerConnection: integer(
    'http.maxUnreadPerConnection',
    1_048_576,
    'Answers that may wait for the reader of one connection when another request is answered on it; else the connection is cut.',
    { unit: 'bytes', min: 1024 },
  ),
  corsEnable: boolean('cors.enable', true, 'Answer cross-origin requests of browsers.'),
  corsAllowOrigin: list('cors.allowOrigin', ['*'], 'Origins that may call; * for all.'),
  corsMethods: list(
    'cors.supportedMethods',
    ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'],
    'Methods that may be called.',
  ),
  corsHeaders: list('cors.supportedHeaders', ['*'], 'Request headers that may be sent; * for all.'),
  corsExposedHeaders: list('cors.exposedHeaders', [], 'Response headers that scripts may read.'),
  corsCredentials: boolean(
    'cors.supportsCredentials',
    true,
    'Let browsers send cookies and certificates along, from the issuer and from origins that cors.allowOrigin names; never where * lets them call.',
  ),
  corsMaxAge: integer(
    'cors.maxAge',
    -1,
    'For how long browsers may keep the answer to a preflight request; -1: not said.',
    {
      unit: 'seconds',
      min: -1,
    },
  ),
} as const;

/** Values of the listener properties. */
export type HttpSettings = SettingsOf<typeof httpProperties>;
