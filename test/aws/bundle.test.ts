import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunction, functionNames, type LambdaBundle } from './lambda-bundle.ts';

const MAX_BYTES = 700_000;
/** Of what a shop waits for at a cold start. */
const MAX_ONLINE_BYTES = 500_000;
const ONLINE = ['authorizer', 'clv', 'collect', 'health', 'openapi', 'score'];

/** Functions that fit trees, or cut their rows as those that do. */
const TRAINERS = ['clv-training-train', 'training-fit', 'training-prepare-job'];

/** The SDK clients of a function: each costs bytes at every cold start. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  authorizer: ['dynamodb'],
  collect: ['kinesis', 'secrets-manager'],
  enrich: ['firehose', 'kinesis'],
  'update-features': ['dynamodb'],
  score: ['dynamodb', 'firehose', 'secrets-manager'],
  'keep-dead-letters': ['kinesis', 's3', 'sns', 'sqs'],
  'import-orders': ['s3', 'secrets-manager'],
  clv: ['dynamodb', 'secrets-manager'],
  'clv-plan': ['dynamodb', 's3'],
  'clv-gather': ['s3'],
  'clv-features': ['s3'],
  'clv-forests': ['s3'],
  'clv-score': ['s3'],
  'clv-check': ['s3'],
  'clv-publish-part': ['dynamodb', 's3'],
  'clv-publish': ['s3', 'sns'],
  'clv-proxies': ['eventbridge', 's3', 'sns'],
  'clv-training-start': ['sfn'],
  'clv-training-plan': ['dynamodb', 's3'],
  'clv-training-train': ['s3'],
  'clv-training-register': ['dynamodb', 's3'],
  'clv-training-tell': ['sns'],
  'training-begin': ['dynamodb', 's3'],
  'training-validate': ['s3'],
  'training-build-set': ['s3'],
  'training-fit': ['s3'],
  'training-prepare-job': ['s3'],
  'training-adopt-job': ['s3'],
  'training-judge': ['dynamodb', 's3'],
  'training-register': ['dynamodb', 's3'],
  'training-tell': ['sns'],
  'batch-features-start': ['sfn'],
  'batch-features-plan': ['s3'],
  'batch-features-statements': [],
  'batch-features-check': ['s3'],
  'batch-features-parts': ['s3'],
  'batch-features-load': ['dynamodb', 's3'],
  'batch-features-mark': ['dynamodb', 's3'],
  'batch-features-tell': ['sns'],
  health: [],
  openapi: [],
};

/** `pg` would load these two were we to ask for libpq, or run on Cloudflare. */
const NEVER_LOADED = ['pg-native', 'cloudflare:sockets'];

const folder = mkdtempSync(join(tmpdir(), 'foresight-bundles-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('every function has its list of clients', () => {
  expect(Object.keys(CLIENTS).toSorted()).toEqual(functionNames.toSorted());
});

describe.each(functionNames)('bundle of %s', (name) => {
  let bundle: LambdaBundle;

  beforeAll(async () => {
    bundle = await bundleFunction(name);
  });

  const limit = ONLINE.includes(name) ? MAX_ONLINE_BYTES : MAX_BYTES;
  test(`has at most ${limit} bytes`, () => {
    expect(bundle.code.length).toBeLessThanOrEqual(limit);
  });

  test('holds a database or training only where it reads one or trains', () => {
    const paths = [...bundle.modules.keys()];
    expect(paths.some((path) => path.includes('node_modules/pg/'))).toBe(name === 'import-orders');
    expect(paths.some((path) => path.startsWith('shared/trees/train/'))).toBe(
      TRAINERS.includes(name),
    );
  });

  test('holds nothing of the embedded platform', () => {
    const embedded = [...bundle.modules.keys()].filter((path) =>
      /^(shared\/embedded|local|cli|console|bench|test)\/|\/@duckdb\//.test(path),
    );
    expect(embedded).toEqual([]);
  });

  test('expects nothing at run time but Node, and of Node no database', () => {
    const foreign = bundle.externals.filter(
      (path) =>
        !path.startsWith('node:') && !builtinModules.includes(path) && !NEVER_LOADED.includes(path),
    );
    expect(foreign).toEqual([]);
    expect(bundle.externals).not.toContain('node:sqlite');
  });

  test('holds the clients that it needs, in their tree-shakeable form, and no other', () => {
    const paths = [...bundle.modules.keys()];
    const clients = paths.flatMap((path) => /@aws-sdk\/client-([\w-]+)\//.exec(path)?.[1] ?? []);
    expect([...new Set(clients)].toSorted()).toEqual(CLIENTS[name]);
    expect(paths.filter((path) => /@(aws-sdk|smithy)\/.*\/dist-cjs\//.test(path))).toEqual([]);
  });

  test('reads credentials from the environment alone', () => {
    const chain = [...bundle.modules.keys()].filter((path) =>
      /credential-provider-(node|ini|sso|process|web-identity|imds|login)\//.test(path),
    );
    expect(chain).toEqual([]);
  });

  test('loads where there is nothing else, and exports the handler', () => {
    const file = join(folder, `${name}.cjs`);
    writeFileSync(file, bundle.code);
    const loaded = execFileSync(
      process.execPath,
      ['-p', `typeof require(${JSON.stringify(file)}).handler`],
      { cwd: folder, env: {}, encoding: 'utf8' },
    );
    expect(loaded.trim()).toBe('function');
  });
});
