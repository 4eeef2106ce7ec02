import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { describe } from 'vitest';
import { openEventBus } from '../../shared/aws/event-bus.ts';
import type { BusEvent } from '../../shared/ports.ts';
import { eventBusContract } from '../contracts/event-bus.ts';
import { hasMoto, withMoto } from './moto.ts';
import { createQueue, takeAll } from './sqs.ts';

withMoto('EVENTBRIDGE', 'SQS');

describe.skipIf(!hasMoto)('on EventBridge', () => {
  eventBusContract(async () => {
    const client = new EventBridgeClient({});
    const bus = { Name: 'contract' };
    await client.send(new CreateEventBusCommand(bus));
    const { url, arn: Arn } = await createQueue('seen');
    const rule = { EventBusName: bus.Name, EventPattern: '{"source":["foresight"]}' };
    await client.send(new PutRuleCommand({ Name: 'all', ...rule }));
    await client.send(
      new PutTargetsCommand({
        ...bus,
        EventBusName: bus.Name,
        Rule: 'all',
        Targets: [{ Id: '1', Arn }],
      }),
    );
    const seen: BusEvent[] = [];
    return {
      bus: openEventBus(bus.Name),
      async seen() {
        for (const body of await takeAll(url)) {
          const { 'detail-type': type, detail } = JSON.parse(body);
          seen.push({ type, detail: JSON.stringify(detail) });
        }
        return seen;
      },
    };
  });
});
