import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openModels } from '../local/models.ts';
import { type LakeTraining, trainOnLake } from '../local/train-on-lake.ts';
import project from '../package.json' with { type: 'json' };
import { verifyFolder } from '../shared/domain/model-folder.ts';
import { TRAINED_KINDS } from '../shared/domain/propensity-training.ts';
import {
  type ModelStores,
  readChampion,
  readFolder,
  readModel,
} from '../shared/domain/publish-model.ts';
import { compareReproduction } from '../shared/domain/reproduction.ts';
import { InvalidRequest } from '../shared/errors.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import type { Manifest } from '../shared/schemas/model.ts';
import { reproduceClv } from './models-reproduce-clv.ts';
import { progressLine } from './progress.ts';

export function registerReproduce(models: Command): void {
  models
    .command('reproduce')
    .description('train a version again from what it records, and compare the bytes')
    .argument('<name>', 'propensity or clv')
    .argument('<version>')
    .option(
      '--orders <format:file[,file…]>',
      'of a clv version that learned from files: those files',
    )
    .option('--json', 'one JSON document')
    .action(reproduce);
}

const EXIT_DIFFERS = 1;

async function reproduce(
  name: string,
  version: string,
  flags: { readonly orders?: string; readonly json?: boolean },
): Promise<void> {
  const stores = openModels();
  const { folder } = await readFolder(name, version, stores);
  const progress = progressLine();
  const again =
    verifyFolder(folder).kind === 'clv'
      ? await reproduceClv(folder, flags.orders, openClock().now(), stores, progress.show)
      : await reproducePropensity(name, version, stores, progress.show);
  progress.end();
  const { same, differences } = compareReproduction(folder, again);
  if (!same) process.exitCode = EXIT_DIFFERS;
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ version, reproduced: again.version, same, differences })}\n`
      : same
        ? `${name} ${version} trained again is the same, byte for byte\n`
        : `${name} ${version} trained again is ${again.version}:\n${differences.map((text) => `  ${text}\n`).join('')}`,
  );
}

async function reproducePropensity(
  name: string,
  version: string,
  stores: ModelStores,
  report: (text: string) => void,
) {
  const { folder } = await readModel(name, version, definitionDigests(), stores);
  const training = await recordedTraining(verifyFolder(folder), stores);
  return (await trainOnLake(training, report)).folder;
}

/** @throws InvalidRequest for a version that does not say how it was trained */
async function recordedTraining(manifest: Manifest, stores: ModelStores): Promise<LakeTraining> {
  const { name, version, lineage, training } = manifest;
  const kind = TRAINED_KINDS.find((known) => known === manifest.kind);
  const {
    seed,
    time_zone: timeZone,
    window_days: days,
    tuning_trials: trials,
  } = training.parameters;
  if (kind === undefined || lineage === undefined || typeof seed !== 'number')
    throw new InvalidRequest(
      `${name} ${version} does not record how it was trained: only versions that foresight train has made can be reproduced`,
    );
  return {
    kind,
    from: lineage.from === null ? null : Date.parse(lineage.from),
    to: Date.parse(lineage.to),
    seed,
    runDate: version.slice(0, 'YYYY-MM-DD'.length),
    timeZone: String(timeZone),
    codeVersion: project.version,
    champion:
      lineage.champion === null
        ? null
        : await readChampion(name, lineage.champion, definitionDigests(), stores),
    window: {
      days: typeof days === 'number' ? days : null,
      groupUsers: training.parameters['group_users'] === true,
      leastBuying: Number(training.parameters['window_least_buying'] ?? 0),
    },
    // A search by time is repeated with as many trials as it had time for.
    search: typeof trials === 'number' ? { trials } : undefined,
  };
}
