import type { Command } from 'commander';
import { resourceNamed } from '../local/environment.ts';
import { scoreParity } from '../local/score-parity.ts';
import type { ScoreParityReport } from '../shared/domain/score-parity.ts';
import { alignedTable } from './aligned-table.ts';
import { progressLine } from './progress.ts';

const PROGRESS_EVERY = 10_000;
const EXIT_DIFFERS = 1;

export function registerParity(features: Command): void {
  features
    .command('parity')
    .description(
      'whether the features logged with scores are those that training rebuilds from the lake; ends with 1 where one differs',
    )
    .option('--json', 'print the counts as JSON')
    .action(async (flags: { readonly json?: boolean }) => {
      const progress = progressLine();
      const report = await scoreParity(resourceNamed('SHOP_TIME_ZONE'), (events) => {
        if (events % PROGRESS_EVERY === 0) progress.show(`${events} events replayed`);
      });
      progress.end();
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : told(report));
      if (report.mismatches > 0) process.exitCode = EXIT_DIFFERS;
    });
}

function told({
  scores,
  compared_scores,
  compared_values,
  mismatches,
  examples,
  excluded,
}: ScoreParityReport): string {
  return alignedTable([
    ['scores', `${scores}`],
    ['compared', `${compared_scores} scores, ${compared_values} values`],
    ['mismatches', `${mismatches}`],
    ...examples.map(({ decision_id, feature, logged, rebuilt }) => [
      '',
      `${feature} of ${decision_id}: logged ${logged}, rebuilt ${rebuilt}`,
    ]),
    [
      'excluded',
      `${excluded.degraded} degraded, ${excluded.with_context_events} with events of their own, ${excluded.other_events} made from other events than the lake's`,
    ],
  ]);
}
