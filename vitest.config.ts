import { defineConfig } from 'vitest/config';
import { missingComponents } from './test/support/missing-components.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'apps/**/*.test.ts'],
    pool: 'forks',
    reporters: ['default', missingComponents()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
