import { openOnlineStore } from '../../shared/aws/online-store.ts';
import { onlineStoreContract } from '../contracts/online-store.ts';
import { withTable } from './dynamodb.ts';

withTable('OnlineTable');
onlineStoreContract(() => openOnlineStore('OnlineTable'));
