import { join } from 'node:path';
import { post, withPlatform } from './platform-process.ts';
import type { Result } from './report.ts';
import { sampleOf } from './sample.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;

/** `npm start` on an empty data directory, each time a new one. */
export async function run(): Promise<readonly Result[]> {
  const ready: number[] = [];
  const scored: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await inTemporaryFolder(async (folder) => {
      const begun = performance.now();
      await withPlatform(join(folder, 'data'), [], async (platform) => {
        ready.push(platform.readyMilliseconds / 1000);
        await post(platform, '/v1/propensity', { anonymous_id: 'first' }, 200);
        scored.push((performance.now() - begun) / 1000);
      });
    });
  }
  return [
    { name: 'npm start until it says it is ready', unit: 's', sample: sampleOf(ready) },
    {
      name: 'npm start until the first score',
      unit: 's',
      sample: sampleOf(scored),
      target: { most: 15 },
    },
  ];
}
