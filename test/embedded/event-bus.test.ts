import { openEventBus } from '../../shared/embedded/event-bus.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { eventBusContract } from '../contracts/event-bus.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

eventBusContract(() => ({
  bus: openEventBus('Contract'),
  seen: async () =>
    openStreamLog(directory(), 'Contract')
      .read(0, 1_000_000)
      .map(({ partitionKey, data }) => ({ type: partitionKey, detail: data })),
}));
