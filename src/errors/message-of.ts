/** The message of whatever was thrown, for a sentence to the operator; `unknown reason` for anything but an `Error`. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
