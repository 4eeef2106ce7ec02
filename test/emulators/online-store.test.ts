import { openOnlineStore } from '../../shared/aws/online-store.ts';
import { onlineStoreContract } from '../contracts/online-store.ts';
import { withTables } from './dynamodb.ts';

withTables('OnlineTable');
onlineStoreContract(() => openOnlineStore('OnlineTable'));
