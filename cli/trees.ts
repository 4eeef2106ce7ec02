import type { Command } from 'commander';
import { register as registerConvert } from './trees-convert.ts';
import { register as registerExplain } from './trees-explain.ts';
import { register as registerInspect } from './trees-inspect.ts';
import { register as registerPredict } from './trees-predict.ts';
import { register as registerTrain } from './trees-train.ts';

export function register(program: Command): void {
  const trees = program
    .command('trees')
    .description(
      'gradient-boosted trees on CSV and Parquet files, with XGBoost and LightGBM models',
    );
  registerInspect(trees);
  registerPredict(trees);
  registerTrain(trees);
  registerExplain(trees);
  registerConvert(trees);
}
