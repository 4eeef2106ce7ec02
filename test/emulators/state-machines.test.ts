import { CreateStateMachineCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe } from 'vitest';
import { openStateMachines } from '../../shared/aws/state-machines.ts';
import { stateMachinesContract } from '../contracts/state-machines.ts';
import { hasMoto, withMoto } from './moto.ts';

withMoto('SFN');

describe.skipIf(!hasMoto)('on Step Functions', () => {
  stateMachinesContract(async () => {
    const client = new SFNClient({});
    const { stateMachineArn: machine = '' } = await client.send(
      new CreateStateMachineCommand({
        name: 'Contract',
        roleArn: 'arn:aws:iam::123456789012:role/contract',
        definition: '{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":99,"End":true}}}',
      }),
    );
    return {
      machines: openStateMachines(),
      machine,
      abort: async ({ name }) => {
        const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
        await client.send(new StopExecutionCommand({ executionArn }));
      },
    };
  });
});
