import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('cfn-lint finds nothing in what the user deploys by hand', () => {
  const { stdout, status } = spawnSync(
    '.venv/template/bin/cfn-lint',
    ['bootstrap/github-oidc.yml'],
    {
      encoding: 'utf8',
    },
  );
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});
