import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { functionNames } from '../aws/lambda-bundle.ts';
import { type PackagedService, packageService } from '../aws/package-service.ts';

/** Each archive by itself, on the Node of the Lambda runtime: no service, no modules around it. */

interface ServiceFile {
  readonly functions: Readonly<
    Record<string, { readonly package?: { readonly patterns: readonly string[] } }>
  >;
}

const { functions } = parse(readFileSync('serverless.yml', 'utf8')) as ServiceFile;

/** Finds and calls the handler as Lambda's runtime does, which imports the file it finds. */
const RUNTIME = `
const [folder, file, request] = process.argv.slice(1);
const found = await import(folder + '/' + file);
const handler = found.handler ?? found.default?.handler;
const context = { functionName: 'alone', awsRequestId: '1', invokedFunctionArn: 'arn' };
const answer = await handler(JSON.parse(request), context).then(
  (value) => ({ value }),
  (error) => ({ error: { name: error.name, message: error.message } }),
);
process.stdout.write('\\n' + JSON.stringify({ arguments: handler.length, ...answer }));
`;

const folder = mkdtempSync(join(tmpdir(), 'foresight-archives-'));
const sizes: string[] = [];
let service: PackagedService;

beforeAll(async () => {
  service = await packageService('dev');
});

afterAll(() => {
  process.stdout.write(`\nBytes of each archive, and unpacked:\n${sizes.join('\n')}\n`);
  service?.delete();
  rmSync(folder, { recursive: true });
});

describe.each(functionNames)('archive of %s', (name) => {
  const unpacked = join(folder, name);
  const bundle = `functions/${name}.cjs`;
  let variables: readonly string[];

  beforeAll(() => {
    const archive = `${unpacked}.zip`;
    writeFileSync(archive, service.archive(name));
    mkdirSync(unpacked);
    // Node has no reader of archives; this suite needs Python anyway.
    execFileSync(join('.venv', 'deploy', 'bin', 'python'), [
      '-m',
      'zipfile',
      '-e',
      archive,
      unpacked,
    ]);
    const deployed = Object.values(service.resources).find(
      ({ Properties }) => Properties.FunctionName === `foresight-dev-${name}`,
    );
    variables = Object.keys(deployed?.Properties.Environment.Variables).filter(
      (variable) => variable !== 'STAGE',
    );
  });

  /** One invocation in a process that knows the stage and nothing else. */
  function invoke(event: object) {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', RUNTIME, unpacked, bundle, JSON.stringify(event)],
      { cwd: unpacked, env: { STAGE: 'dev', LAMBDA_TASK_ROOT: unpacked }, encoding: 'utf8' },
    );
    const answer = JSON.parse(stdout.split('\n').at(-1) ?? '');
    const printed = stdout + stderr;
    return { printed, answer };
  }

  test('holds the bundle and what its package names, nothing else', () => {
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1));
    expect(files.toSorted()).toEqual(
      [bundle, ...(functions[name]?.package?.patterns ?? [])].toSorted(),
    );
    const bytes = files.map((file) => statSync(join(unpacked, file)).size);
    const size = [service.archive(name).length, bytes.reduce((sum, one) => sum + one, 0)];
    sizes.push(`${name.padEnd(20)} ${size.map((one) => String(one).padStart(10)).join(' ')}`);
  });

  test('answers, or names each variable that it misses', () => {
    const { printed, answer } = invoke({
      version: '2.0',
      routeKey: 'GET /v1/health',
      headers: { 'x-api-key': 'fs_any' },
      requestContext: { requestId: '1', http: { method: 'GET', sourceIp: '127.0.0.1' } },
      isBase64Encoded: false,
      Records: [],
    });
    // Node 24 on Lambda refuses a handler with a third argument, the callback of old.
    expect(answer.arguments).toBeLessThanOrEqual(2);
    if (variables.length === 0) expect(answer.value).toMatchObject({ statusCode: 200 });
    else expect(printed).toContain('InvalidEnvironment');
    for (const variable of variables) expect(printed).toContain(`${variable}: `);
  });
});
