import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { type HostedVersion, hostOnEndpoint } from '../../cli/hosted-endpoint.ts';
import { hostedModelRequest } from '../../shared/domain/sagemaker/hosted-model.ts';

// The emulator has no UpdateEndpoint; the first hosting is tested against it (test/emulators).
const sagemaker = mockClient(SageMakerClient);
beforeEach(() => {
  sagemaker.reset();
  sagemaker.on(CreateModelCommand).resolves({});
  sagemaker.on(CreateEndpointConfigCommand).resolves({});
  sagemaker.on(UpdateEndpointCommand).resolves({});
});

const first = {
  VariantName: 'v1',
  ModelName: 'm1',
  InstanceType: 'ml.m5.large' as const,
  InitialInstanceCount: 1,
  InitialVariantWeight: 1,
};

function hostsFirst(): void {
  sagemaker
    .on(DescribeEndpointCommand)
    .resolves({ EndpointConfigName: 'old', EndpointStatus: 'InService' });
  sagemaker.on(DescribeEndpointConfigCommand).resolves({ ProductionVariants: [first] });
}

const hosting = (changes: Partial<HostedVersion> = {}): HostedVersion => ({
  endpoint: 'foresight-dev-propensity',
  version: 'v2',
  model: hostedModelRequest('m2', 's3://models/hosted/v2/model.tar.gz', {
    image: 'image',
    roleArn: 'role',
  }),
  instanceType: 'ml.m5.xlarge',
  instances: 2,
  alone: false,
  ...changes,
});

const configured = () =>
  sagemaker.commandCalls(CreateEndpointConfigCommand)[0]?.args[0].input.ProductionVariants;

test('a further version stands beside those that are hosted', async () => {
  hostsFirst();
  expect(await hostOnEndpoint(hosting())).toEqual({
    endpoint: 'foresight-dev-propensity',
    status: 'Updating',
    variants: ['v1', 'v2'],
  });
  expect(configured()).toEqual([
    first,
    {
      VariantName: 'v2',
      ModelName: 'm2',
      InstanceType: 'ml.m5.xlarge',
      InitialInstanceCount: 2,
      InitialVariantWeight: 1,
    },
  ]);
  expect(sagemaker.commandCalls(UpdateEndpointCommand)[0]?.args[0].input.EndpointName).toBe(
    'foresight-dev-propensity',
  );
});

test('alone takes the others off; the same version on other instances replaces itself', async () => {
  hostsFirst();
  expect((await hostOnEndpoint(hosting({ alone: true }))).variants).toEqual(['v2']);
  sagemaker.resetHistory();
  expect((await hostOnEndpoint(hosting({ version: 'v1' }))).variants).toEqual(['v1']);
  expect(configured()).toMatchObject([{ VariantName: 'v1', InstanceType: 'ml.m5.xlarge' }]);
});

test('what it hosts already changes nothing', async () => {
  sagemaker.on(CreateModelCommand).rejects(new Error('Cannot create already existing model "m2"'));
  sagemaker.on(CreateEndpointCommand).resolves({});
  sagemaker.on(DescribeEndpointCommand).rejectsOnce(new Error('Could not find endpoint'));
  await hostOnEndpoint(hosting());
  const made = sagemaker.commandCalls(CreateEndpointCommand)[0]?.args[0].input;
  sagemaker
    .on(DescribeEndpointCommand)
    .resolves({ EndpointConfigName: made?.EndpointConfigName, EndpointStatus: 'InService' });
  sagemaker.on(DescribeEndpointConfigCommand).resolves({ ProductionVariants: configured() });
  sagemaker.resetHistory();
  expect((await hostOnEndpoint(hosting())).status).toBe('InService');
  expect(sagemaker.commandCalls(CreateEndpointConfigCommand)).toEqual([]);
  expect(sagemaker.commandCalls(UpdateEndpointCommand)).toEqual([]);
});

test('what AWS refuses is said', async () => {
  sagemaker.on(CreateModelCommand).rejects(new Error('Could not access model data'));
  await expect(hostOnEndpoint(hosting())).rejects.toMatchObject({
    name: 'ServiceUnavailable',
    message: expect.stringMatching(/CreateModel m2 failed: .*Could not access model data/),
  });
});
