import type { Command } from 'commander';
import { register as registerExplain } from './clv-explain.ts';
import { register as registerScore } from './clv-score.ts';
import { register as registerSegments } from './clv-segments.ts';
import { register as registerTrain } from './clv-train.ts';

export function register(program: Command): void {
  const clv = program
    .command('clv')
    .description('what each customer is going to spend: train, score, explain, and cut into tiers');
  registerTrain(clv);
  registerScore(clv);
  registerExplain(clv);
  registerSegments(clv);
}
