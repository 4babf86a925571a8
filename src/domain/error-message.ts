/** What an error says, for the operator; `unknown reason` for a thing thrown that is no `Error`. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
