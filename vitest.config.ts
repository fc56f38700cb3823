import { defineConfig } from 'vitest/config';

/** Two projects: `unit` is pure and parallel; `integration` starts processes and sockets, so fewer files run at once. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{core,aws,lambdas,lib,local,cli,runtime,bench}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{contracts,e2e,regression}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
