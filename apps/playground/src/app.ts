export function createPlayground(_o: unknown): { handler(req: unknown, res: { end(t: string): void }): Promise<void> } {
  return { handler: async (_q, r) => r.end('soon') };
}
