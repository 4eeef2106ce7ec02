import { openEventStream } from '../../shared/aws/event-stream.ts';
import { openStreamReader } from '../../shared/aws/stream-reader.ts';
import { streamReaderContract } from '../contracts/stream-reader.ts';
import { withStreams } from './kinesis.ts';

withStreams('contract');
streamReaderContract(() => ({
  reader: openStreamReader('contract'),
  stream: openEventStream('contract'),
}));
