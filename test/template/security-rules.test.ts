import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type PackagedService, packageService } from '../aws/package-service.ts';

const STAGES = ['dev', 'staging', 'prod'];
const TOOLS = '.venv/template/bin';
const MAX_SUPPRESSIONS = 10;

interface Finding {
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
}

interface CheckovReport {
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
  readonly results: { readonly failed_checks: readonly Finding[] };
}

const services: PackagedService[] = [];

beforeAll(async () => {
  for (const stage of STAGES) services.push(await packageService(stage));
}, 300_000);
afterAll(() => {
  for (const service of services) service.delete();
});

const templates = () =>
  services.map(({ folder }) =>
    join(folder, '.serverless', 'cloudformation-template-update-stack.json'),
  );

/** Standard output of a tool, also of one that ends with the code for findings. */
async function run(tool: string, ...args: readonly string[]): Promise<string> {
  const command = promisify(execFile)(join(TOOLS, tool), args, {
    maxBuffer: 100_000_000,
  });
  const { stdout, stderr } = await command.catch((error) => error);
  if (stdout.trim() === '') throw new Error(`${tool} printed nothing. ${stderr}`);
  return stdout;
}

test('cfn-lint may ignore that a dependency is named twice, and nothing else', () => {
  expect(parse(readFileSync('.cfnlintrc.yaml', 'utf8'))).toEqual({ ignore_checks: ['W3005'] });
});

test.each(STAGES.map((stage, index) => [stage, index] as const))(
  'cfn-lint finds nothing on %s',
  async (_, index) => {
    const template = templates()[index] ?? '';
    expect(JSON.parse(await run('cfn-lint', '--format', 'json', template))).toEqual([]);
  },
);

test('checkov finds nothing but what is suppressed with a reason', async () => {
  const suppressions: Record<string, string> = parse(
    readFileSync('test/template/suppressions.yml', 'utf8'),
  );
  const options = ['--framework', 'cloudformation', '--skip-download', '--quiet', '-o', 'json'];
  const report: CheckovReport = JSON.parse(await run('checkov', ...options, '-f', ...templates()));
  expect(report.summary.parsing_errors).toBe(0);
  const findings = report.results.failed_checks;
  const unsuppressed = findings.filter(({ check_id }) => suppressions[check_id] === undefined);
  const rules = new Set(findings.map(({ check_id }) => check_id));
  process.stdout.write(
    `checkov on ${STAGES.length} templates: ${report.summary.passed} passed, ${unsuppressed.length} unsuppressed, ${findings.length - unsuppressed.length} suppressed by ${Object.keys(suppressions).length} rules\n`,
  );
  expect(unsuppressed.map((one) => `${one.check_id} ${one.resource}: ${one.check_name}`)).toEqual(
    [],
  );
  expect(Object.keys(suppressions).filter((rule) => !rules.has(rule))).toEqual([]);
  expect(Object.keys(suppressions).length).toBeLessThanOrEqual(MAX_SUPPRESSIONS);
  for (const reason of Object.values(suppressions)) expect(reason.length).toBeGreaterThan(30);
});
