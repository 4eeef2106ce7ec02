import type { Command } from 'commander';
import { register as registerExplain } from './clv-explain.ts';
import { register as registerProxies } from './clv-proxies.ts';
import { register as registerPublish } from './clv-publish.ts';
import { register as registerScore } from './clv-score.ts';
import { register as registerSegments } from './clv-segments.ts';
import { register as registerTrain } from './clv-train.ts';

export function register(program: Command): void {
  const clv = program
    .command('clv')
    .description(
      'what each customer is going to spend: train, score, explain, cut into tiers, publish',
    );
  registerTrain(clv);
  registerScore(clv);
  registerExplain(clv);
  registerSegments(clv);
  registerPublish(clv);
  registerProxies(clv);
}
