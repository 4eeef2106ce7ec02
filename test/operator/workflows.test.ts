import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly environment?: unknown;
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly string[]>> };
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

const project = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const workflows = globSync(join(project, '.github/workflows/*.yml')).map((file) => {
  const text = readFileSync(file, 'utf8');
  return { name: basename(file), text, workflow: parse(text) as Workflow };
});
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([job, body]) => ({ name: `${name} ${job}`, body })),
);
const steps = jobs.flatMap(({ name, body }) =>
  (body.steps ?? []).map((step) => ({ name, step, job: body })),
);
const runs = steps.flatMap(({ name, step, job }) =>
  step.run === undefined ? [] : [{ name, run: step.run, step, job }],
);

test('there are workflows for pull requests and for delivery', () => {
  expect(workflows.map(({ name }) => name).sort()).toEqual([
    'deliver.yml',
    'deploy-stage.yml',
    'pull-request.yml',
    'verify.yml',
  ]);
});

describe('a workflow may do no more than it must', () => {
  test.each(workflows)('$name reads and nothing else', ({ workflow }) => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  test('only what deploys may ask for a token of AWS', () => {
    const asking = jobs.filter(({ body }) => body.permissions !== undefined);
    for (const { body } of asking) {
      expect(body.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    }
    expect(asking.map(({ name }) => name).sort()).toEqual([
      'deliver.yml production',
      'deliver.yml staging',
      'deploy-stage.yml deploy',
    ]);
  });

  test('what deploys is bound to an environment, whose people can approve', () => {
    const deploying = runs.filter(({ run }) => run.includes('npm run deploy'));
    expect(deploying).toHaveLength(1);
    expect(deploying[0]?.job.environment).toBeDefined();
  });

  test.each(steps.filter(({ step }) => step.uses !== undefined && !step.uses.startsWith('./')))(
    '$name: $step.uses is pinned to a commit',
    ({ step }) => {
      expect(step.uses).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/);
    },
  );
});

test('no delivery cuts off another, a newer pull request does', () => {
  const concurrency = (wanted: string) =>
    workflows.find(({ name }) => name === wanted)?.workflow.concurrency;
  expect(concurrency('deliver.yml')?.['cancel-in-progress']).toBe(false);
  expect(concurrency('pull-request.yml')?.['cancel-in-progress']).toBe(true);
});

test.each(jobs.filter(({ body }) => body.uses === undefined))(
  '$name ends by itself',
  ({ body }) => {
    expect(body['timeout-minutes']).toBeLessThanOrEqual(60);
  },
);

describe('what a step runs', () => {
  test.each(runs)('$name: no secret and no foreign text is put into a shell: $run', ({ run }) => {
    const put = [...run.matchAll(/\$\{\{\s*([\w.-]+)/g)].map(([, expression]) => expression);
    expect(put.filter((expression) => !expression?.startsWith('matrix.'))).toEqual([]);
    expect(run).not.toMatch(/--key\b/);
  });

  test('every script exists', () => {
    const named = runs.flatMap(({ run, job }) =>
      [...run.matchAll(/npm run (?:--silent )?(\$\{\{ matrix\.(\w+) \}\}|[\w:-]+)/g)].flatMap(
        ([, script = '', axis]) =>
          axis === undefined ? [script] : (job.strategy?.matrix?.[axis] ?? []),
      ),
    );
    expect(named.length).toBeGreaterThan(5);
    for (const script of named) expect(scripts).toHaveProperty([script]);
  });
});
