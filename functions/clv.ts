import * as z from 'zod';
import { openOnlineStore } from '#adapters/online-store';
import { openSecretStore } from '#adapters/secret-store';
import { answerCustomer } from '../shared/domain/clv-publication/answer-customer.ts';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { httpHandler, jsonResponse } from '../shared/runtime/http-handler.ts';

const environment = z.object({ ONLINE_TABLE: z.string(), PSEUDONYM_SECRET: z.string() });

/** Answers the published value of a customer. */
export const handler = httpHandler(environment, async ({ ONLINE_TABLE, PSEUDONYM_SECRET }) => {
  const store = openOnlineStore(ONLINE_TABLE);
  const keyRing = parseKeyRing(await openSecretStore().read(PSEUDONYM_SECRET));
  return async ({ pathParameters }) =>
    jsonResponse(200, await answerCustomer(pathParameters?.['id'], { store, keyRing }));
});
