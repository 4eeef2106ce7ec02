import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useEnvironment } from '../../local/environment.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { readProjectWiring } from '../../local/project.ts';
import { composeModel, modelFileKey } from '../../shared/domain/model-folder.ts';
import { routingKey } from '../../shared/domain/routing.ts';
import {
  closeDataDirectory,
  type DataDirectory,
  openDataDirectory,
} from '../../shared/embedded/data-directory.ts';
import { hostVersion } from '../../shared/embedded/model-endpoint.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { provisionKeyRing } from '../../shared/embedded/secret-store.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { definitionDigests } from '../../shared/features/catalogue.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { type Decision, decision } from '../../shared/schemas/score.ts';
import { writeCompact } from '../../shared/trees/compact-forest.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { xgboostStumps } from '../xgboost-stumps.ts';

const FEATURE = 'cart_product_count';
const ENDPOINT = 'foresight-dev-propensity';

/** Nothing in the cart, or unknown: −3; something: −1. */
const FOREST = xgboostStumps([FEATURE], [{ column: 0, threshold: 0.5, left: -3, right: -1 }]);

const model = composeModel('2026-11-21', {
  manifest: {
    name: 'propensity',
    features: [
      { name: FEATURE, definition: definitionDigests().get(FEATURE) as string, type: 'number' },
    ],
    calibration: { kind: 'platt', a: -0.5, b: 0.25 },
    prior: 0.05,
    training: {
      from: null,
      to: null,
      rows: 0,
      sessions: 0,
      data_digests: [],
      code_version: 'test',
      parameters: {},
    },
    metrics: {},
    gates: [],
    baseline: {},
  },
  artifact: { kind: 'trees', model: FOREST, forest: writeCompact(readForest(FOREST)) },
  card: '# card\n',
});

const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
let directory: DataDirectory;
let scoreOnce: () => Promise<Decision>;

beforeAll(async () => {
  useEnvironment(readProjectWiring('dev'), folder);
  Object.assign(process.env, { SCORING_BACKEND: 'endpoint', SCORING_ENDPOINT_MS: '5000' });
  process.env['SCORE_DEADLINE_MS'] = '10000';
  directory = openDataDirectory(folder);
  provisionKeyRing('PseudonymSecret');
  const models = openObjectStore('ModelsBucket');
  for (const file of ['manifest', 'model', 'card', 'forest'] as const)
    await models.put(modelFileKey('propensity', model.version, file), model[file] as Uint8Array);
  const routing = {
    model: 'propensity',
    champion: model.version,
    previous: null,
    challenger: null,
    percent_bp: 0,
    shadows: [],
    salt: 's',
    epoch: 1,
    release_execution: null,
  };
  const item = { key: routingKey('propensity'), version: 1, state: JSON.stringify(routing) };
  await openOnlineStore('OnlineTable').write(item);
  const { handler } = await import('../../functions/score.ts');
  const event = { headers: {}, body: '{"anonymous_id":"shopper"}' };
  const log = openStreamLog(directory, 'DecisionsDeliveryStream');
  scoreOnce = async () => {
    const request = event as unknown as APIGatewayProxyEventV2;
    expect(await handler(request, lambdaContext('score', 10))).toMatchObject({ statusCode: 200 });
    const [record] = log.read(log.last() - 1, 1);
    return decision.parse(JSON.parse(record?.data ?? ''));
  };
});

afterAll(async () => {
  await closeDataDirectory(directory);
  rmSync(folder, { recursive: true });
});

test('the endpoint scores the routed version once it hosts it; until then the process does, the same', async () => {
  const fallback = await scoreOnce();
  expect(fallback).toMatchObject({
    scored_by: 'fallback',
    degraded: false,
    model_version: model.version,
    margin: -3,
  });
  expect(fallback.propensity).toBeCloseTo(sigmoid(-(-0.5 * -3 + 0.25)), 12);

  await hostVersion(ENDPOINT, model.version, FOREST);
  const scored = await scoreOnce();
  expect(scored).toMatchObject({
    scored_by: 'endpoint',
    degraded: false,
    model_version: model.version,
  });
  expect(scored.margin).toBeCloseTo(-3, 5);
  expect(scored.propensity).toBeCloseTo(fallback.propensity, 6);
});
