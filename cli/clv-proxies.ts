import type { Command } from 'commander';
import { openEventBus } from '#adapters/event-bus';
import { openNotices } from '#adapters/notices';
import { openObjectStore } from '#adapters/object-store';
import { resourceNamed } from '../local/environment.ts';
import { openLake } from '../local/lake.ts';
import { measureOutcomes } from '../shared/domain/clv-publication/measure-outcomes.ts';
import { readCurrent } from '../shared/domain/clv-publication/publication.ts';
import { tellDrops } from '../shared/domain/clv-publication/tell-drops.ts';
import { NotEnoughData } from '../shared/errors.ts';
import { alignedTable } from './aligned-table.ts';

export function register(clv: Command): void {
  clv
    .command('proxies')
    .description('how published predictions turned out: after 30 days, and when a horizon is over')
    .option('--json', 'print every measured day as JSON')
    .action(proxies);
}

async function proxies(flags: { readonly json?: boolean }): Promise<void> {
  const lake = openLake();
  const current = await readCurrent(lake);
  if (current === null)
    throw new NotEnoughData('nothing is published yet: foresight clv publish makes it');
  const models = openObjectStore(resourceNamed('MODELS_BUCKET'));
  const result = await measureOutcomes(current, lake, models);
  await tellDrops(result.drops, {
    bus: openEventBus(resourceNamed('EVENT_BUS')),
    notices: openNotices({ medium: resourceNamed('MEDIUM_NOTICES') }),
  });
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const number = (value: number | null | undefined) => value?.toFixed(3) ?? '–';
  process.stdout.write(
    alignedTable([
      ['as of', 'model', 'customers', 'Spearman, 30 days', 'Spearman', 'Gini', 'RMSE'],
      ...result.outcomes.map(({ as_of, model_version, proxy, whole }) => [
        as_of,
        model_version,
        String(proxy.customers),
        number(proxy.spearman),
        number(whole?.spearman),
        number(whole?.gini),
        number(whole?.rmse),
      ]),
    ]),
  );
  if (result.outcomes.length === 0)
    process.stdout.write(`no day was published 30 days before ${current.as_of}\n`);
  for (const { as_of, metric, worse } of result.drops)
    process.stdout.write(
      `${as_of}: ${metric} is ${(100 * worse).toFixed(0)} % worse than at release\n`,
    );
}
