// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of the files under test
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readServiceFile } from '../../local/service-file.ts';

const project = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'foresight-'));
let folders = 0;
afterAll(() => rmSync(scratch, { recursive: true }));

function write(files: Record<string, string>): string {
  const folder = join(scratch, `${folders++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, 'serverless.yml');
}

describe('the service file of the project', () => {
  test('is read as the framework reads it', { timeout: 60_000 }, () => {
    const printed = execFileSync(
      process.execPath,
      [
        join(project, 'node_modules/serverless/bin/serverless.js'),
        ...['print', '--stage', 'dev', '--format', 'json'],
      ],
      {
        cwd: project,
        encoding: 'utf8',
        env: {
          ...process.env,
          AWS_ACCESS_KEY_ID: 'none',
          AWS_SECRET_ACCESS_KEY: 'none',
          SLS_TELEMETRY_DISABLED: '1',
        },
      },
    );
    const theirs = JSON.parse(printed);
    const ours = readServiceFile(join(project, 'serverless.yml'), 'dev') as typeof theirs;
    for (const [name, wired] of Object.entries(ours.functions)) {
      expect(theirs.functions[name]).toMatchObject(wired as object);
    }
    expect(Object.keys(theirs.functions)).toEqual(Object.keys(ours.functions));
    expect(theirs.provider.httpApi).toEqual(ours.provider.httpApi);
    expect(theirs.provider.environment).toEqual(ours.provider.environment);
    expect(theirs.custom).toMatchObject(ours.custom);
    const files: { Resources?: object }[] = ours.resources;
    expect(theirs.resources.Resources).toEqual(
      Object.assign({}, ...files.map(({ Resources }) => Resources)),
    );
  });

  test.each(['staging', 'prod'])('can be read for the stage %s', (stage) => {
    expect(readServiceFile(join(project, 'serverless.yml'), stage)).toMatchObject({
      provider: { stage },
    });
  });
});

test('resolves variables within variables, files and their parts, of any type', () => {
  const file = write({
    'serverless.yml': `
      custom:
        stage: \${self:custom.stages.\${sls:stage}}
        stages: \${file(stages.yml)}
        rates: \${file(limits.json):rates}
      a: \${self:custom.stage.count}
      b: x-\${self:custom.stage.name}-\${sls:stage}-\${self:custom.rates.high}
      c: \${self:custom.stage.list}
      d: { deep: ["\${file(stages.yml):dev.name}"] }`,
    'stages.yml': 'dev: { count: 3, name: d, list: [1, "${sls:stage}"] }',
    'limits.json': '{"rates": {"high": 9}}',
  });
  expect(readServiceFile(file, 'dev')).toMatchObject({
    a: 3,
    b: 'x-d-dev-9',
    c: [1, 'dev'],
    d: { deep: ['d'] },
  });
});

test('leaves what is CloudFormation and not a variable, and expands short forms', () => {
  const file = write({
    'serverless.yml': `
      a: !Ref Table
      b: !GetAtt Stream.Arn
      c: !Sub "\${AWS::Region}-\${Table}"
      d: !Join ["-", [a, !Ref Table]]
      base: &base { x: 1, y: 2 }
      merged: { <<: *base, y: 3 }`,
  });
  expect(readServiceFile(file, 'dev')).toMatchObject({
    a: { Ref: 'Table' },
    b: { 'Fn::GetAtt': ['Stream', 'Arn'] },
    c: { 'Fn::Sub': '${AWS::Region}-${Table}' },
    d: { 'Fn::Join': ['-', ['a', { Ref: 'Table' }]] },
    merged: { x: 1, y: 3 },
  });
});

test.each([
  ['a variable of another source', 'a: { b: "${env:HOME}" }', /a\.b: \$\{env:HOME\} cannot be/],
  ['an option of the command line', 'a: ["${opt:stage}"]', /a\[0\]: \$\{opt:stage\} cannot be/],
  ['a name of nothing', 'a: ${self:custom.missing}', /a: \$\{self:custom\.missing\} names nothing/],
  ['an object within a text', 'a: x${self:b}\nb: {}', /a: \$\{self:b\} is no text/],
  ['a circle', 'a: ${self:b}\nb: ${self:a}', /refers to itself/],
  ['a file that is not there', 'a: ${file(missing.yml)}', /a: cannot read missing\.yml/],
  ['a file outside the project', 'a: ${file(../outside.yml)}', /a: \.\.\/outside\.yml is no/],
  ['a file of code', 'a: ${file(code.js)}', /a: code\.js is no YAML/],
  ['YAML that is none', 'a: [', /serverless\.yml: cannot read/],
])('refuses %s, naming the place', (_case, text, message) => {
  const file = write({ 'serverless.yml': text });
  expect(() => readServiceFile(file, 'dev')).toThrow(
    expect.objectContaining({ name: 'UnsupportedWiring', message: expect.stringMatching(message) }),
  );
});
