import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.ts';

/** Two projects: `unit` is pure and parallel; `integration` starts processes and sockets, so its files run one by one. */
export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    // The default leaves one core of two idle.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{contracts,e2e,regression}/**'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{contracts,e2e,regression}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
