import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  type CreateEndpointConfigCommandInput,
  CreateModelCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { call } from '../shared/aws/call.ts';
import { callLimits } from '../shared/aws/call-limits.ts';
import { type EndpointVariant, endpointConfig } from '../shared/domain/sagemaker/endpoint.ts';
import type { HostedModelRequest } from '../shared/domain/sagemaker/hosted-model.ts';
import { ServiceUnavailable } from '../shared/errors.ts';

export interface Hosted {
  readonly endpoint: string;
  /** `Creating`, `Updating`; `InService` where it hosted exactly this already. */
  readonly status: string;
  /** Every version that it hosts now, or will. */
  readonly variants: readonly string[];
}

export interface HostedVersion {
  readonly endpoint: string;
  readonly version: string;
  readonly model: HostedModelRequest;
  readonly instanceType: string;
  readonly instances: number;
  /** Take off the versions that it hosted before. */
  readonly alone: boolean;
}

/**
 * Puts a version on a SageMaker endpoint, which is made where there is none. Done again, it changes
 * nothing.
 * @throws ServiceUnavailable also where AWS refuses, saying why
 */
export async function hostOnEndpoint(hosted: HostedVersion): Promise<Hosted> {
  const { endpoint, version, model, instanceType, instances, alone } = hosted;
  const client = new SageMakerClient(callLimits({ attemptMs: 10_000, attempts: 3 }));
  const send = <Answer>(what: string, request: () => Promise<Answer>) =>
    call(what, ServiceUnavailable, request);

  const { ModelName } = model;
  await send(`CreateModel ${ModelName}`, () =>
    unlessThere(client.send(new CreateModelCommand(model))),
  );
  const existing = await send(`DescribeEndpoint ${endpoint}`, () =>
    unlessMissing(client.send(new DescribeEndpointCommand({ EndpointName: endpoint }))),
  );
  const config = endpointConfig(
    endpoint,
    {
      VariantName: version,
      ModelName,
      InstanceType: instanceType,
      InitialInstanceCount: instances,
    },
    existing === null || alone
      ? []
      : await send(`DescribeEndpointConfig ${existing.EndpointConfigName}`, () =>
          variantsOf(client, existing.EndpointConfigName),
        ),
  );
  const { EndpointConfigName, ProductionVariants } = config;
  const variants = ProductionVariants.map(({ VariantName }) => VariantName);
  if (existing?.EndpointConfigName === EndpointConfigName)
    return { endpoint, status: existing.EndpointStatus ?? 'unknown', variants };
  await send(`CreateEndpointConfig ${EndpointConfigName}`, () =>
    unlessThere(
      client.send(new CreateEndpointConfigCommand(config as CreateEndpointConfigCommandInput)),
    ),
  );
  const request = { EndpointName: endpoint, EndpointConfigName };
  if (existing === null) {
    await send(`CreateEndpoint ${endpoint}`, () => client.send(new CreateEndpointCommand(request)));
    return { endpoint, status: 'Creating', variants };
  }
  await send(`UpdateEndpoint ${endpoint}`, () => client.send(new UpdateEndpointCommand(request)));
  return { endpoint, status: 'Updating', variants };
}

async function variantsOf(
  client: SageMakerClient,
  EndpointConfigName: string | undefined,
): Promise<readonly EndpointVariant[]> {
  const { ProductionVariants } = await client.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName }),
  );
  return (ProductionVariants ?? []) as EndpointVariant[];
}

/** The name says what is in it, so one that is there is the same. */
async function unlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!/already exist/i.test((error as Error).message)) throw error;
  }
}

/** SageMaker has no error of its own for what is not there. */
async function unlessMissing<Answer>(request: Promise<Answer>): Promise<Answer | null> {
  try {
    return await request;
  } catch (error) {
    if (/could not find/i.test((error as Error).message)) return null;
    throw error;
  }
}
