import { kind } from '../features/kinds.ts';

/** A value of `prompt`. */
export interface PromptValue {
  readonly name: string;
  /** May not stand beside other values. */
  readonly exclusive: boolean;
  /** Forces the step of the authorisation session of that name. */
  readonly forces: 'auth' | 'consent' | undefined;
}

/** The values of `prompt`, in the order in which discovery lists them. */
export const prompts = kind<PromptValue>('prompt');
