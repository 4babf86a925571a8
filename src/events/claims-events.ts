import { counted, error, info } from './event.ts';

/** Claims and their sources. */
export const claimsEvents = {
  sourceEnabled: info(
    'OP7107',
    'Claims source enabled',
    { source: 'text', claims: 'texts' },
    { meaning: 'Start: a claims source is in use' },
  ),
  scopeExpanded: info(
    'OP0080',
    'Scope value expands to claims',
    { scope: 'text', claims: 'texts' },
    { meaning: 'Start: which claims a scope value stands for' },
  ),
  sourceAsked: counted('op.claimsSource.requests', 'A claims source is asked'),
  sourceFailed: error(
    'OP9600',
    'A claims source failed',
    { source: 'text', client_id: 'text' },
    { meter: 'op.claimsSource.errors' },
  ),
  usersFileRead: info('OP9610', 'The users file was read', { file: 'text', users: 'number' }),
  usersFileBroken: error('OP9611', 'The users file cannot be read; its last good content stays in use', {
    file: 'text',
  }),
} as const;
