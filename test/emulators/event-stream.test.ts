import { openEventStream } from '../../shared/aws/event-stream.ts';
import { eventStreamContract } from '../contracts/event-stream.ts';
import { withStreams } from './kinesis.ts';

const readAll = withStreams('raw-events');
eventStreamContract(() => ({
  stream: openEventStream('raw-events'),
  readAll: () => readAll('raw-events'),
}));
