import { execFileSync } from 'node:child_process';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { predictionsOf, requireParity } from '../../shared/domain/sagemaker/artifact-parity.ts';
import { forestOfArtifact } from '../../shared/domain/sagemaker/model-artifact.ts';
import {
  reportedMetrics,
  requireReportedMetric,
} from '../../shared/domain/sagemaker/reported-metrics.ts';
import { trainForest } from '../../shared/trees/train.ts';
import { writeXgboostContainer } from '../../shared/trees/write-xgboost-container.ts';
import { writeXgboostJson } from '../../shared/trees/write-xgboost-json.ts';
import { writeXgboostUbjson } from '../../shared/trees/write-xgboost-ubjson.ts';
import { arbitraryForest } from '../trees/arbitrary-forest.ts';
import { trainingRows } from '../trees/training-rows.ts';

const rows = trainingRows(400);
const { forest } = await trainForest(rows, { objective: 'binary:logistic', trees: 8, maxDepth: 3 });
const columns = rows.columns.length;
const artifact = writeXgboostContainer(writeXgboostUbjson(forest));

test.each([
  ['UBJSON', writeXgboostUbjson(forest)],
  ['JSON', Buffer.from(writeXgboostJson(forest))],
])('the artifact of a %s file is the forest again', (_, model) => {
  expect(forestOfArtifact(writeXgboostContainer(model), columns)).toEqual(forest);
});

test('any forest survives UBJSON as it survives JSON', () => {
  fc.assert(
    fc.property(
      arbitraryForest(4, 3).filter(({ rules, averaged }) => rules === 'xgboost' && !averaged),
      (any) => {
        const read = forestOfArtifact(writeXgboostContainer(writeXgboostUbjson(any)), 4);
        const json = Buffer.from(writeXgboostJson(any));
        expect(read).toEqual(forestOfArtifact(writeXgboostContainer(json), 4));
      },
    ),
    { numRuns: 50 },
  );
});

test('tar lists one plain file without time or owner', () => {
  const listing = execFileSync('tar', ['-tvzf', '-', '--utc', '--numeric-owner'], {
    input: artifact,
    encoding: 'utf8',
  });
  expect(listing.trim()).toMatch(/^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00 xgboost-model$/);
  expect(writeXgboostContainer(writeXgboostUbjson(forest))).toEqual(artifact);
});

test('an extended header of the same name is not taken for the model', () => {
  const tar = gunzipSync(artifact);
  const header = Buffer.from(tar.subarray(0, 512));
  header.write('PaxHeaders.0/xgboost-model', 0, 'latin1');
  header.write('00000000010', 124, 'latin1');
  header.write('x', 156, 'latin1');
  const extended = gzipSync(Buffer.concat([header, Buffer.alloc(512), tar]));
  expect(forestOfArtifact(extended, columns)).toEqual(forest);
});

describe('malformed', () => {
  const tar = gunzipSync(artifact);
  const renamed = Buffer.from(tar);
  renamed.write('model.txt\u0000\u0000\u0000\u0000', 0, 'latin1');
  const tooLong = Buffer.from(tar);
  tooLong.write('77777777777', 124, 'latin1');
  const noSize = Buffer.from(tar);
  noSize.write('zzzzzzzzzzz', 124, 'latin1');
  const pickle = Buffer.concat([Buffer.from([0x80, 3]), Buffer.from('cxgboost.core\nBooster\n.')]);
  const model = writeXgboostUbjson(forest);
  test.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'gzip'],
    ['not a gzip', Buffer.from('<html>Access Denied</html>'), 'gzip'],
    ['a gzip cut off', artifact.subarray(0, artifact.length >> 1), 'gzip'],
    ['a gzip of no archive', gzipSync('hello'), 'no member xgboost-model'],
    ['another member', gzipSync(renamed), 'no member xgboost-model'],
    ['a member longer than the archive', gzipSync(tooLong), 'xgboost-model of'],
    ['a size that is no number', gzipSync(noSize), 'xgboost-model of'],
    ['an archive cut off', gzipSync(tar.subarray(0, 700)), 'xgboost-model of'],
    ['an empty model', writeXgboostContainer(Buffer.alloc(0)), 'is empty'],
    ['a pickle', writeXgboostContainer(pickle), 'newer image'],
    ['text', writeXgboostContainer(Buffer.from('no model')), 'not a model file'],
    ['a model cut off', writeXgboostContainer(model.subarray(0, model.length - 9)), 'UBJSON'],
    [
      'JSON cut off',
      writeXgboostContainer(Buffer.from(writeXgboostJson(forest).slice(0, -9))),
      'JSON',
    ],
    ['an artifact in itself', writeXgboostContainer(artifact), 'compressed'],
  ])('%s', (_, bytes, message) => {
    expect(() => forestOfArtifact(bytes, columns)).toThrow(
      expect.objectContaining({
        name: 'MalformedArtifact',
        message: expect.stringContaining(message),
      }),
    );
  });

  test('another number of columns', () => {
    expect(() => forestOfArtifact(artifact, columns + 1)).toThrow(
      expect.objectContaining({
        name: 'MalformedArtifact',
        message: expect.stringContaining(`${columns} columns, ${columns + 1} were given`),
      }),
    );
  });

  test('any byte changed: the forest or a typed error, nothing else', () => {
    fc.assert(
      fc.property(fc.nat(model.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(model);
        changed[at] = (changed[at] as number) ^ change;
        try {
          forestOfArtifact(writeXgboostContainer(changed), columns);
        } catch (error) {
          expect((error as Error).name).toBe('MalformedArtifact');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('parity', () => {
  const predictions = Float64Array.from(predictionsOf(forest, rows.columns));

  test('the container’s own predictions pass, a last place apart too', () => {
    expect(requireParity(forest, rows.columns, predictions)).toEqual({ rows: 400, difference: 0 });
    const nearly = predictions.map((value) => value * (1 + 1e-7));
    expect(requireParity(forest, rows.columns, nearly).difference).toBeLessThan(2e-7);
  });

  test.each<[string, Float64Array, string]>([
    [
      'one prediction off',
      predictions.map((p, row) => (row === 7 ? p + 1e-4 : p)),
      'PredictionsDiffer',
    ],
    ['margins instead', predictions.map((p) => Math.log(p / (1 - p))), 'PredictionsDiffer'],
    ['one too few', predictions.slice(1), 'MalformedPrediction'],
    ['NaN', predictions.map((p, row) => (row === 7 ? Number.NaN : p)), 'MalformedPrediction'],
  ])('%s', (_, given, name) => {
    expect(() => requireParity(forest, rows.columns, given)).toThrow(
      expect.objectContaining({ name }),
    );
  });

  test('columns in another order are noticed', () => {
    expect(() => requireParity(forest, rows.columns.toReversed(), predictions)).toThrow(
      expect.objectContaining({ name: 'PredictionsDiffer' }),
    );
  });

  test('a metric of the job, as printed, passes; of other rows it does not', () => {
    const [reported] = reportedMetrics(forest, 'validation', rows, ['logloss']);
    const printed = { MetricName: 'validation:logloss', Value: Number(reported?.Value.toFixed(5)) };
    requireReportedMetric(forest, 'validation', rows, printed);
    const others = trainingRows(400, { seed: 2 });
    expect(() => requireReportedMetric(forest, 'validation', others, printed)).toThrow(
      expect.objectContaining({ name: 'PredictionsDiffer' }),
    );
    expect(() =>
      requireReportedMetric(forest, 'validation', rows, {
        ...printed,
        MetricName: 'validation:map',
      }),
    ).toThrow(expect.objectContaining({ name: 'UnsupportedHyperparameter' }));
  });
});
