import { openDeliveryStream } from '../../shared/embedded/delivery-stream.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { deliveryStreamContract } from '../contracts/delivery-stream.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

deliveryStreamContract(() => ({
  stream: openDeliveryStream('Contract'),
  readAll: async () =>
    openStreamLog(directory(), 'Contract')
      .read(0, 1_000_000)
      .map(({ data }) => data),
}));
