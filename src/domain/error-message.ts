/**
 * What an error says, for the operator; `unknown reason` for a thing thrown that is no `Error`. Of several in one, such as a connection
 * tried at several addresses, what each says.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : 'unknown reason';
}
