import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useEnvironment } from '../../local/environment.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { readProjectWiring } from '../../local/project.ts';
import {
  closeDataDirectory,
  type DataDirectory,
  openDataDirectory,
} from '../../shared/embedded/data-directory.ts';
import { hostVersion } from '../../shared/embedded/model-endpoint.ts';
import { provisionKeyRing } from '../../shared/embedded/secret-store.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { type Decision, decision } from '../../shared/schemas/score.ts';
import { writeCompact } from '../../shared/trees/compact-forest.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { serveModel } from '../serve-model.ts';
import { numberFeature, untrainedModel } from '../untrained-model.ts';
import { xgboostStumps } from '../xgboost-stumps.ts';

const FEATURE = 'cart_product_count';
const ENDPOINT = 'foresight-dev-propensity';

/** Nothing in the cart, or unknown: −3; something: −1. */
const FOREST = xgboostStumps([FEATURE], [{ column: 0, threshold: 0.5, left: -3, right: -1 }]);

const model = untrainedModel(
  { kind: 'trees', model: FOREST, forest: writeCompact(readForest(FOREST)) },
  { features: [numberFeature(FEATURE)], calibration: { kind: 'platt', a: -0.5, b: 0.25 } },
);

const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
let directory: DataDirectory;
let scoreOnce: () => Promise<Decision>;

beforeAll(async () => {
  useEnvironment(readProjectWiring('dev'), folder);
  Object.assign(process.env, { SCORING_BACKEND: 'endpoint', SCORING_ENDPOINT_MS: '5000' });
  process.env['SCORE_DEADLINE_MS'] = '10000';
  directory = openDataDirectory(folder);
  provisionKeyRing('PseudonymSecret');
  await serveModel(model);
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
