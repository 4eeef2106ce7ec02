import type { Command } from 'commander';
import { openModels } from '../local/models.ts';
import { verifyFolder } from '../shared/domain/model-folder.ts';
import { listPromotions } from '../shared/domain/promotions.ts';
import { readFolder } from '../shared/domain/publish-model.ts';
import { alignedTable } from './aligned-table.ts';

export function registerLineage(models: Command): void {
  models
    .command('lineage')
    .description('what a version was made from, by whom and why, and who let it serve')
    .argument('<name>', 'propensity or clv')
    .argument('<version>')
    .option('--json', 'one JSON document')
    .action(lineage);
}

async function lineage(
  name: string,
  version: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const stores = openModels();
  const { entry, folder } = await readFolder(name, version, stores);
  const manifest = verifyFolder(folder);
  const { training, files } = manifest;
  const promotions = (await listPromotions(name, stores.files)).filter(
    (promotion) => promotion.version === version,
  );
  const facts = {
    version,
    status: entry.status,
    reason: entry.reason ?? null,
    registered_at: entry.registeredAt,
    registered_by: entry.registeredBy,
    code_version: training.code_version,
    received: manifest.lineage ? { from: manifest.lineage.from, to: manifest.lineage.to } : null,
    compared_with: manifest.lineage?.champion ?? null,
    data_digests: training.data_digests,
    parameters: training.parameters,
    definitions: Object.fromEntries(manifest.features.map((each) => [each.name, each.definition])),
    files,
    promotions,
  };
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(facts)}\n`);
    return;
  }
  const { received, parameters } = facts;
  const nothing = manifest.kind === 'clv' ? 'none' : 'the has-cart rule';
  process.stdout.write(
    alignedTable([
      ['version', `${name} ${version}`],
      ['status', entry.reason === undefined ? entry.status : `${entry.status}: ${entry.reason}`],
      ['registered', `${entry.registeredAt} by ${entry.registeredBy}`],
      ['code', training.code_version],
      [
        'received',
        received
          ? `${received.from ?? (manifest.kind === 'clv' ? 'the first order' : 'the first event')} to ${received.to}`
          : '–',
      ],
      ['champion then', facts.compared_with ?? nothing],
      ...training.data_digests.map((digest) => ['data', digest]),
      ...Object.entries(parameters).map(([key, value]) => ['parameter', `${key} = ${value}`]),
      ...Object.entries(files).map(([file, digest]) => ['file', `${digest}  ${file}`]),
      ...promotions.map(({ at, by, previous, override }) => [
        'promoted',
        `${at} by ${by}, after ${previous ?? nothing}${override === null ? '' : `, overriding the gates: ${override}`}`,
      ]),
    ]),
  );
}
