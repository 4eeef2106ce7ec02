import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties have no one type
  readonly Properties: any;
}

export interface PackagedService {
  /** The copy of the project, with the package in `.serverless`. */
  readonly folder: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly conditions: Readonly<Record<string, unknown>>;
  /** The zip archive of a function. */
  archive(functionName: string): Buffer;
  delete(): void;
}

const SOURCES = [
  'package.json',
  'tsconfig.json',
  'serverless.yml',
  'functions',
  'resources',
  'shared',
  'state-machines',
];

/** `serverless package` of a copy of the project: no account, no network, nothing left in the tree. */
export async function packageService(stage: string): Promise<PackagedService> {
  const root = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), `foresight-${stage}-`));
  for (const source of SOURCES)
    cpSync(join(root, source), join(folder, source), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  await promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules', 'serverless', 'bin', 'serverless.js'), 'package', '--stage', stage],
    {
      cwd: folder,
      env: { ...process.env, AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
      timeout: 120_000,
    },
  );
  const packaged = join(folder, '.serverless');
  const { Resources, Conditions } = JSON.parse(
    readFileSync(join(packaged, 'cloudformation-template-update-stack.json'), 'utf8'),
  );
  return {
    folder,
    resources: Resources,
    conditions: Conditions,
    archive: (functionName) => readFileSync(join(packaged, `${functionName}.zip`)),
    delete: () => rmSync(folder, { recursive: true }),
  };
}
