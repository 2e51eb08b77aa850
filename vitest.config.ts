import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores: two workers; the tests that start servers and kill processes need the room.
    maxWorkers: 2,
  },
})
