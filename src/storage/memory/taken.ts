/** A key is never reused; one that is taken is a defect of the caller, and the present entry stays. */
export function refuseTaken(taken: unknown, what: string): void {
  if (taken !== undefined) throw new Error(`${what}: the key is taken`);
}
