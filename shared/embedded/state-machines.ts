import type { SQLOutputValue } from 'node:sqlite';
import { ExecutionConflict, InvalidExecutionName } from '../errors.ts';
import type { Execution, ExecutionStatus, StateMachines } from '../ports.ts';
import { isExecutionName } from '../schemas/execution-name.ts';
import { asService } from './as-service.ts';
import { dataDirectory } from './data-directory.ts';

/** What a runner of the machines needs besides: what is to be run, and a place for how it ended. */
export interface EmbeddedStateMachines extends StateMachines {
  /** Runs that have not ended, the oldest first: what a runner takes up again after a crash. */
  running(): readonly Execution[];
  /**
   * Ends a run, once: what has ended stays as it ended.
   * @param output JSON text of a run that has succeeded, else null
   */
  end(
    execution: Pick<Execution, 'machine' | 'name'>,
    status: Exclude<ExecutionStatus, 'RUNNING'>,
    output: string | null,
  ): Promise<void>;
  /**
   * Has a run that ended without success run again, as Step Functions redrives one.
   * @returns false where there is none such
   */
  redrive(machine: string, name: string): Promise<boolean>;
}

/** Keeps which runs were asked for and how they ended; whoever runs them reads it here. */
export function openStateMachines(): EmbeddedStateMachines {
  const directory = dataDirectory();
  const { database } = directory;
  database.exec(
    `CREATE TABLE IF NOT EXISTS executions (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       machine TEXT NOT NULL,
       name TEXT NOT NULL,
       status TEXT NOT NULL,
       input TEXT NOT NULL,
       output TEXT,
       UNIQUE (machine, name)
     );
     CREATE INDEX IF NOT EXISTS executions_running ON executions (id) WHERE status = 'RUNNING'`,
  );
  const insert = database.prepare(
    `INSERT INTO executions (machine, name, status, input) VALUES (?, ?, 'RUNNING', ?)
     ON CONFLICT DO NOTHING`,
  );
  const select = database.prepare('SELECT * FROM executions WHERE machine = ? AND name = ?');
  const selectRunning = database.prepare(
    `SELECT * FROM executions WHERE status = 'RUNNING' ORDER BY id`,
  );
  const update = database.prepare(
    `UPDATE executions SET status = ?, output = ?
     WHERE machine = ? AND name = ? AND status = 'RUNNING'`,
  );
  const reopen = database.prepare(
    `UPDATE executions SET status = 'RUNNING', output = NULL
     WHERE machine = ? AND name = ? AND status IN ('FAILED', 'TIMED_OUT', 'ABORTED')`,
  );
  const find = (machine: string, name: string) => {
    const row = select.get(machine, name);
    return row ? executionOf(row) : null;
  };

  return {
    async start(machine, name, input) {
      if (!isExecutionName(name)) throw new InvalidExecutionName(name);
      await asService(() => directory.commit(() => insert.run(machine, name, input)));
      const execution = find(machine, name) as Execution;
      if (execution.input === input) return execution;
      throw new ExecutionConflict(
        `${name} of ${machine} runs with another input: give another name, or the same input`,
      );
    },
    async find(machine, name) {
      return find(machine, name);
    },
    running: () => selectRunning.all().map(executionOf),
    async end({ machine, name }, status, output) {
      await asService(() => directory.commit(() => update.run(status, output, machine, name)));
    },
    redrive: (machine, name) =>
      asService(() => directory.commit(() => reopen.run(machine, name).changes === 1)),
  };
}

function executionOf(row: Record<string, SQLOutputValue>): Execution {
  const { machine, name, status, input, output } = row;
  return {
    machine: machine as string,
    name: name as string,
    status: status as ExecutionStatus,
    input: input as string,
    output: output as string | null,
  };
}
