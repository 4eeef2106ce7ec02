import type { Command } from 'commander';
import { openModels } from '../local/models.ts';
import { type ComparedVersion, compareVersions } from '../shared/domain/compare-versions.ts';
import { interval } from '../shared/domain/model-card.ts';
import { parseDocument, verifyFolder } from '../shared/domain/model-folder.ts';
import { type ModelStores, readFolder } from '../shared/domain/publish-model.ts';
import { pairedReport } from '../shared/schemas/evaluation-report.ts';
import { alignedTable } from './aligned-table.ts';

export function registerCompare(models: Command): void {
  models
    .command('compare')
    .description('two versions side by side, with paired differences where the rows are the same')
    .argument('<name>', 'propensity or clv')
    .argument('<before>', 'a version')
    .argument('<after>', 'another one')
    .option('--json', 'one JSON document')
    .action(compare);
}

async function compare(
  name: string,
  before: string,
  after: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const stores = openModels();
  const [old, new_] = [await read(name, before, stores), await read(name, after, stores)];
  const { metrics, unpaired_because } = compareVersions(old, new_);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ before, after, unpaired_because, metrics })}\n`);
    return;
  }
  const shown = (metric: (typeof metrics)[number]['before']) => interval(metric ?? undefined);
  process.stdout.write(
    alignedTable([
      ['', before, after, 'difference'],
      ...metrics.map((row) => [
        row.metric,
        shown(row.before),
        shown(row.after),
        shown(row.difference),
      ]),
    ]),
  );
  if (unpaired_because !== null)
    process.stdout.write(`\nNo paired differences: ${unpaired_because}.\n`);
}

async function read(name: string, version: string, stores: ModelStores): Promise<ComparedVersion> {
  const { folder } = await readFolder(name, version, stores);
  return {
    manifest: verifyFolder(folder),
    report:
      folder.evaluation === undefined
        ? null
        : parseDocument(pairedReport, folder.evaluation, `evaluation.json of ${version}`),
  };
}
