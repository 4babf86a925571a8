import { counted, error, info } from './event.ts';

/** A failed client authentication, which each endpoint tells under an identifier of its own. */
export type ClientAuthenticationFailed = ReturnType<typeof clientAuthenticationFailed>;

/** The failure of client authentication at an endpoint. */
export function clientAuthenticationFailed(id: string, endpoint: string) {
  return info(
    id,
    'Client authentication failed',
    { cause: 'text', clientId: 'text', method: 'text?', clientAuthId: 'text' },
    { meaning: `At the ${endpoint} endpoint. The client was told the \`clientAuthId\`, and no cause` },
  );
}

/** Client registration. */
export const registrationEvents = {
  registered: info(
    'OP9500',
    'Client registered',
    { client_id: 'text', by: 'text' },
    { meter: 'clientRegEndpoint.registrations' },
  ),
  read: counted('clientRegEndpoint.reads', 'A registration, or the list of them, was read'),
  updated: info('OP9501', 'Client updated', { client_id: 'text', by: 'text' }, { meter: 'clientRegEndpoint.updates' }),
  removed: info('OP9502', 'Client removed', { client_id: 'text' }, { meter: 'clientRegEndpoint.deletions' }),
  goneMeanwhile: error('OP5186', 'The client was removed while it was updated', { client_id: 'text' }),
  refused: info(
    'OP9503',
    'Client registration request refused',
    { client_id: 'text?', error: 'text', detail: 'text' },
    { meter: 'clientRegEndpoint.unauthorizedRequests', meaning: 'With 401 or 403' },
  ),
  invalidRequest: info(
    'OP9505',
    'Client metadata refused',
    { client_id: 'text?', error: 'text', detail: 'text' },
    { meter: 'clientRegEndpoint.invalidRequests', meaning: 'With 400. An update names its client' },
  ),
  failed: counted('clientRegEndpoint.serverErrors', 'A request failed for an internal reason'),
} as const;
