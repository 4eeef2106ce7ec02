import { defineConfig } from 'vitest/config';

/** Suites that need more than Node: each is a project with a script of its own (package.json). */
const OWN_PROJECT = [
  'emulators',
  'browser',
  'deploy',
  'template',
  'fuzz',
  'trees-peers',
  'vectors',
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: OWN_PROJECT.map((folder) => `test/${folder}/**`),
          testTimeout: 60_000,
          hookTimeout: 60_000,
          env: { POWERTOOLS_LOG_LEVEL: 'SILENT' },
          setupFiles: ['test/property-seed.ts'],
        },
      },
      project('vectors', 30_000),
      project('emulators', 60_000),
      project('browser', 60_000),
      project('template', 120_000),
      project('fuzz', 600_000),
      project('deploy', 480_000),
      project('trees-peers', 300_000),
    ],
  },
});

function project(name: string, testTimeout: number) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout,
      hookTimeout: testTimeout,
      env: { POWERTOOLS_LOG_LEVEL: 'SILENT' },
      setupFiles: ['test/property-seed.ts'],
    },
  };
}
