import { type OpenLoop, runOpenLoop } from './open-loop.ts';

process.once('message', async (load) => {
  const answer = await runOpenLoop(load as OpenLoop);
  process.send?.(answer, () => process.disconnect());
});
