import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { openModelRegistry } from '../../shared/aws/model-registry.ts';
import { openObjectStore } from '../../shared/aws/object-store.ts';
import { registerModel } from '../../shared/domain/publish-model.ts';
import { forestOfArtifact } from '../../shared/domain/sagemaker/model-artifact.ts';
import { writeCompact } from '../../shared/trees/compact-forest.ts';
import { readForest } from '../../shared/trees/read-forest.ts';
import { numberFeature, untrainedModel } from '../untrained-model.ts';
import { xgboostStumps } from '../xgboost-stumps.ts';
import { withStack } from './cloudformation.ts';
import { withTables } from './dynamodb.ts';
import { hasMoto, withMoto } from './moto.ts';
import { withBucket } from './s3.ts';

withTables('ModelsTable');
withBucket('models');
withMoto('SAGEMAKER');
withStack({
  ModelsBucket: 'models',
  ModelsTable: 'ModelsTable',
  SageMakerJobsRole: 'arn:aws:iam::123456789012:role/jobs',
  XGBoostImage: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0',
});

async function host(...words: string[]) {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    ...['models', 'host', 'propensity', ...words],
    ...['--stage', 'dev', '--json'],
  ]);
  return JSON.parse(stdout);
}

async function register(threshold: number): Promise<string> {
  const model = xgboostStumps(['event_count'], [{ column: 0, threshold, left: -1, right: 1 }]);
  const folder = untrainedModel(
    { kind: 'trees', model, forest: writeCompact(readForest(model)) },
    { features: [numberFeature('event_count')] },
  );
  const how = { registeredAt: '2026-03-01T00:00:00.000Z', registeredBy: 'test' };
  await registerModel('propensity', folder, how, {
    files: openObjectStore('models'),
    registry: openModelRegistry('ModelsTable'),
  });
  return folder.version;
}

describe.skipIf(!hasMoto)('foresight models host --stage', () => {
  const endpoint = 'foresight-dev-propensity';

  test('makes model, configuration and endpoint, once', async () => {
    const client = new SageMakerClient({});
    const hosted = async () => {
      const { EndpointConfigName } = await client.send(
        new DescribeEndpointCommand({ EndpointName: endpoint }),
      );
      const { ProductionVariants } = await client.send(
        new DescribeEndpointConfigCommand({ EndpointConfigName }),
      );
      return { EndpointConfigName, ProductionVariants };
    };
    const first = await register(2);
    expect(await host(first)).toEqual({ endpoint, status: 'Creating', variants: [first] });
    const { EndpointConfigName, ProductionVariants } = await hosted();
    expect(ProductionVariants).toMatchObject([
      { VariantName: first, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
    ]);
    const ModelName = ProductionVariants?.[0]?.ModelName;
    const { PrimaryContainer } = await client.send(new DescribeModelCommand({ ModelName }));
    expect(PrimaryContainer).toMatchObject({
      Image: expect.stringContaining('sagemaker-xgboost:3.2-0'),
      ModelDataUrl: `s3://models/hosted/propensity/${first}/model.tar.gz`,
    });
    const artifact = await openObjectStore('models').get(`hosted/propensity/${first}/model.tar.gz`);
    expect(Array.from(forestOfArtifact(artifact as Uint8Array, 1).threshold)).toContain(2);

    expect((await host(first)).variants).toEqual([first]);
    expect((await hosted()).EndpointConfigName).toBe(EndpointConfigName);
  });

  test.each([
    ['a version that is not registered', async () => ['2020-01-01-000000000000'], 'not registered'],
    ['no instances', async () => [await register(4), '--instances', '0'], '--instances 0'],
  ])('refuses %s', async (_, words, message) => {
    await expect(host(...(await words()))).rejects.toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringContaining(message),
    });
  });
});
