import { expect, test } from 'vitest';
import { modelInputs, PrefixReplay } from '../../shared/domain/prefix-rows.ts';
import { fitPropensity, type TrainedKinds } from '../../shared/domain/propensity-training.ts';
import { readJson } from '../../shared/domain/training-run/json-bytes.ts';
import { RunFolder } from '../../shared/domain/training-run/run-folder.ts';
import { fitRun } from '../../shared/domain/training-run/steps.ts';
import { writeRows } from '../../shared/domain/training-run/stored-rows.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { trainingRequest, trainingRun } from '../../shared/schemas/training-run.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { shopTraffic } from '../learning/events.ts';

freshDataDirectory();

test('a search of the function is that of the command, in the window that was asked for', async () => {
  const replay = new PrefixReplay(modelInputs(catalogue()), 'UTC');
  for (const event of shopTraffic(5, 700, 10)) replay.add(event);
  const rows = replay.finish();
  const run = trainingRun.parse({
    ...trainingRequest.parse({ trainer: 'search', trials: 2, window_days: 9, group_users: true }),
    ...{ run_id: 'training-2026-01-19', date: '2026-01-19', to: '2026-01-19T00:00:00Z', why: '' },
    ...{ began_at: '2026-01-19T00:00:00Z', code_version: '1', champion: null },
  });
  const lake = openObjectStore('LakeBucket');
  const folder = new RunFolder(lake, run.run_id);
  await folder.put('rows.bin', writeRows(rows));
  await fitRun(run, lake);
  const fitted = readJson<TrainedKinds>(await folder.required('models.json'));
  expect(fitted.trees.trials?.map(({ trial }) => trial)).toEqual([1, 2]);
  const search = { trials: 2 };
  const rules = { window: { days: 9, groupUsers: true }, search };
  const { trees } = await fitPropensity(rows, run.seed, rules);
  expect(fitted.trees.trials).toEqual(trees.trials);
  expect(Buffer.from(fitted.trees.artifact.model)).toEqual(Buffer.from(trees.artifact.model));
}, 30_000);
