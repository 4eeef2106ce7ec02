import { openObjectReader } from '../../shared/aws/object-reader.ts';
import { openObjectStore } from '../../shared/aws/object-store.ts';
import { objectStoreContract } from '../contracts/object-store.ts';
import { withBucket } from './s3.ts';

withBucket('lake');
objectStoreContract(() => ({ store: openObjectStore('lake'), reader: openObjectReader('lake') }), {
  listsByFolder: true,
});
