import { expect, test } from 'vitest';
import { hostVersion, openModelEndpoint } from '../../shared/embedded/model-endpoint.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { modelEndpointContract } from '../contracts/model-endpoint.ts';
import { xgboostStumps } from '../xgboost-stumps.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

freshDataDirectory();

const VERSION = '2026-11-21-0123456789ab';

const FOREST = xgboostStumps(
  ['first', 'second'],
  [
    { column: 0, threshold: 0.5, left: -0.75, right: 0.25 },
    { column: 1, threshold: -2, left: 1.5, right: -0.5 },
  ],
);
const probability = ([first = 0, second = 0]: Float32Array) =>
  sigmoid((first >= 0.5 ? 0.25 : -0.75) + (second >= -2 ? -0.5 : 1.5));

modelEndpointContract(async () => {
  await hostVersion('propensity', VERSION, FOREST);
  return {
    endpoint: openModelEndpoint('propensity'),
    version: VERSION,
    columns: 2,
    expected: probability,
  };
});

test('a version is hosted on the endpoint it was put on, also when that was open before', async () => {
  const [one, other] = [openModelEndpoint('one'), openModelEndpoint('other')];
  const row = [Float32Array.of(1, 1)];
  const unavailable = { name: 'EndpointUnavailable' };
  await expect(one.predict(VERSION, row)).rejects.toMatchObject(unavailable);
  await hostVersion('one', VERSION, FOREST);
  expect(await one.predict(VERSION, row)).toEqual([Math.fround(sigmoid(-0.25))]);
  await expect(other.predict(VERSION, row)).rejects.toMatchObject(unavailable);
});
