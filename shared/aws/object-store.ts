import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { StoreUnavailable } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** An S3 bucket by its name. The role needs s3:ListBucket, or S3 answers 403 for what is not there. */
export function openObjectStore(bucket: string): ObjectStore {
  const client = new S3Client(callLimits({ attemptMs: 30_000, attempts: 3 }));
  const of = (key: string) => ({ Bucket: bucket, Key: key });
  return {
    get: (key) =>
      call(`GetObject of ${bucket}/${key}`, StoreUnavailable, async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand(of(key)));
          return (await Body?.transformToByteArray()) ?? new Uint8Array();
        } catch (error) {
          if (error instanceof NoSuchKey) return null;
          throw error;
        }
      }),

    async put(key, body) {
      await call(`PutObject of ${bucket}/${key}`, StoreUnavailable, () =>
        client.send(new PutObjectCommand({ ...of(key), Body: body })),
      );
    },

    async *list(prefix) {
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
      for (;;) {
        const { value: page, done } = await call(
          `ListObjectsV2 of ${bucket}/${prefix}`,
          StoreUnavailable,
          () => pages.next(),
        );
        if (done) return;
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      }
    },

    async delete(key) {
      await call(`DeleteObject of ${bucket}/${key}`, StoreUnavailable, () =>
        client.send(new DeleteObjectCommand(of(key))),
      );
    },
  };
}
