import type { PromptValue } from './prompt-value.ts';

/** Values of `prompt` (OpenID Connect Core, section 3.1.2.1; Initiating User Registration, section 4). */
export const promptValues: readonly PromptValue[] = [
  { name: 'none', exclusive: true, forces: undefined },
  { name: 'login', exclusive: false, forces: 'auth' },
  { name: 'consent', exclusive: false, forces: 'consent' },
  { name: 'select_account', exclusive: false, forces: 'auth' },
  { name: 'create', exclusive: true, forces: 'auth' },
];
