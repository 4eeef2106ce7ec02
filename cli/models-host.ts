import type { Command } from 'commander';
import { resourceNamed } from '../local/environment.ts';
import { openModels } from '../local/models.ts';
import { verifyFolder } from '../shared/domain/model-folder.ts';
import { type ModelStores, readFolder } from '../shared/domain/publish-model.ts';
import { hostedModelRequest } from '../shared/domain/sagemaker/hosted-model.ts';
import { jobName } from '../shared/domain/sagemaker/job-name.ts';
import { hostVersion } from '../shared/embedded/model-endpoint.ts';
import { Usage } from '../shared/errors.ts';
import { readForest } from '../shared/trees/read-forest.ts';
import { writeXgboostContainer } from '../shared/trees/write-xgboost-container.ts';
import { writeXgboostUbjson } from '../shared/trees/write-xgboost-ubjson.ts';
import { type StageFlags, stackNames, stageOptions } from './stage.ts';

interface Flags extends StageFlags {
  readonly instanceType: string;
  readonly instances: string;
  readonly alone?: boolean;
  readonly json?: boolean;
}

export function registerHost(models: Command): void {
  const command = models
    .command('host')
    .description('put a version on the SageMaker endpoint that scores (docs/sagemaker.md)')
    .argument('<name>', 'propensity')
    .argument('<version>')
    .option('--instance-type <type>', 'what the version runs on', 'ml.m5.large')
    .option('--instances <number>', 'how many of them', '1')
    .option('--alone', 'take off the versions that the endpoint hosted before')
    .option('--json', 'one JSON document');
  stageOptions(command).action(host);
}

/** @throws Usage for a model that the container cannot host */
async function host(name: string, version: string, flags: Flags): Promise<void> {
  const instances = Number(flags.instances);
  if (!Number.isInteger(instances) || instances < 1)
    throw new Usage(`--instances ${flags.instances}: a whole number from 1`);
  const hosted =
    flags.stage === undefined
      ? await hostHere(name, version)
      : await hostOnStage(name, version, flags.stage, instances, flags);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(hosted)}\n`
      : `endpoint ${hosted.endpoint}: ${hosted.status}, hosts ${hosted.variants.join(', ')}\n`,
  );
}

/** On the embedded platform's stand-in, which evaluates in the process that asks. */
async function hostHere(name: string, version: string) {
  const endpoint = resourceNamed('SCORING_ENDPOINT');
  await hostVersion(endpoint, version, await treesOf(name, version, openModels()));
  return { endpoint, status: 'InService', variants: [version] };
}

async function hostOnStage(
  name: string,
  version: string,
  stage: string,
  instances: number,
  { region, instanceType, alone = false }: Flags,
) {
  const nameOf = await stackNames(stage, region);
  const [{ openObjectStore }, { openModelRegistry }, { hostOnEndpoint }] = await Promise.all([
    import('../shared/aws/object-store.ts'),
    import('../shared/aws/model-registry.ts'),
    import('./hosted-endpoint.ts'),
  ]);
  const bucket = nameOf('ModelsBucket');
  const files = openObjectStore(bucket);
  const model = await treesOf(name, version, {
    files,
    registry: openModelRegistry(nameOf('ModelsTable')),
  });
  const key = `hosted/${name}/${version}/model.tar.gz`;
  await files.put(key, writeXgboostContainer(writeXgboostUbjson(readForest(model))));
  return hostOnEndpoint({
    // As the scorer calls it: serverless.yml, SCORING_ENDPOINT.
    endpoint: `foresight-${stage}-${name}`,
    version,
    model: hostedModelRequest(
      jobName(['foresight', stage, name, version]),
      `s3://${bucket}/${key}`,
      { image: nameOf('XGBoostImage'), roleArn: nameOf('SageMakerJobsRole') },
    ),
    instanceType,
    instances,
    alone,
  });
}

/** The file that the version is evaluated from: XGBoost's JSON. */
async function treesOf(name: string, version: string, stores: ModelStores): Promise<Uint8Array> {
  const { folder } = await readFolder(name, version, stores);
  const { kind } = verifyFolder(folder);
  if (kind === 'trees') return Buffer.from(folder.model);
  throw new Usage(`${name} ${version} is ${kind}: the container hosts trees, all else scores here`);
}
