import type { PromptValue, ResponseType } from '../registry.ts';

/** `response_type=code` (RFC 6749, section 4.1). */
export const codeResponseType: ResponseType = { name: 'code', defaultMode: 'query', grantType: 'authorization_code' };

/** Values of `prompt` (OpenID Connect Core, section 3.1.2.1; Initiating User Registration, section 4). */
export const promptValues: readonly PromptValue[] = [
  { name: 'none', exclusive: true, forces: undefined },
  { name: 'login', exclusive: false, forces: 'auth' },
  { name: 'consent', exclusive: false, forces: 'consent' },
  { name: 'select_account', exclusive: false, forces: 'auth' },
  { name: 'create', exclusive: true, forces: 'auth' },
];
