import { beforeAll, describe, expect, test } from 'vitest';
import type { Execution, StateMachines } from '../../shared/ports.ts';

/** The machines under test, the name of one of them, and a way to end a run of it from outside. */
export interface OpenedStateMachines {
  readonly machines: StateMachines;
  readonly machine: string;
  abort(execution: Execution): Promise<void>;
}

/** What every keeper of state machines promises. */
export function stateMachinesContract(
  open: () => OpenedStateMachines | Promise<OpenedStateMachines>,
): void {
  describe('state machines', () => {
    let opened: OpenedStateMachines;
    let names = 0;
    const freshName = () => `contract-${process.pid}-${names++}`;
    const start = (name: string, input: string) =>
      opened.machines.start(opened.machine, name, input);

    beforeAll(async () => {
      opened = await open();
    });

    test('starts a run that can be found by its name, with its input as it was', async () => {
      const name = freshName();
      const input = '{ "model": "propensity", "shop": "Käse 🧀", "n": 1.50 }';
      const started = await start(name, input);
      expect(started).toMatchObject({ machine: opened.machine, name, input });
      expect(await opened.machines.find(opened.machine, name)).toEqual({
        machine: opened.machine,
        name,
        status: 'RUNNING',
        input,
        output: null,
      });
    });

    test('finds nothing by a name that was never given', async () => {
      expect(await opened.machines.find(opened.machine, freshName())).toBeNull();
    });

    test('the same name and input again is the same run', async () => {
      const name = freshName();
      await start(name, '{"run":1}');
      expect(await start(name, '{"run":1}')).toMatchObject({ name, input: '{"run":1}' });
    });

    test('also when the run has ended', async () => {
      const name = freshName();
      await opened.abort(await start(name, '{}'));
      expect(await start(name, '{}')).toMatchObject({ name, status: 'ABORTED', output: null });
    });

    test.each([
      ['while it runs', false],
      ['when it has ended', true],
    ])('refuses another input under the name of a run, %s', async (_case, hasEnded) => {
      const name = freshName();
      const first = await start(name, '{"run":1}');
      if (hasEnded) await opened.abort(first);
      await expect(start(name, '{"run":2}')).rejects.toMatchObject({
        name: 'ExecutionConflict',
        message: expect.stringContaining(name),
      });
      expect((await opened.machines.find(opened.machine, name))?.input).toBe('{"run":1}');
    });

    test('of many starts at once there is one run, and no other input gets in', async () => {
      const name = freshName();
      const inputs = Array.from({ length: 8 }, (_, caller) => `{"caller":${caller % 2}}`);
      const outcomes = await Promise.allSettled(inputs.map((input) => start(name, input)));
      const run = await opened.machines.find(opened.machine, name);
      for (const [caller, outcome] of outcomes.entries()) {
        if (inputs[caller] === run?.input) expect(outcome.status).toBe('fulfilled');
        else expect(outcome).toMatchObject({ reason: { name: 'ExecutionConflict' } });
      }
    });

    test.each(['', 'x'.repeat(81), 'two words', 'ümlaut', 'a:b', 'a/b'])(
      'refuses the name %j',
      async (name) => {
        await expect(start(name, '{}')).rejects.toMatchObject({
          name: 'InvalidExecutionName',
        });
      },
    );
  });
}
