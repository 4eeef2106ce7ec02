import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';

export function openBucket(name: string) {
  const client = new S3Client({});
  return {
    async keys(prefix: string): Promise<readonly string[]> {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket: name, Prefix: prefix },
      ))
        keys.push(...Contents.map(({ Key }) => Key ?? ''));
      return keys;
    },
    async read(key: string): Promise<Buffer> {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async write(key: string, text: string): Promise<void> {
      await client.send(new PutObjectCommand({ Bucket: name, Key: key, Body: text }));
    },
    /** All objects and their versions: CloudFormation deletes no bucket that holds any. */
    async empty(): Promise<void> {
      for (;;) {
        const { Versions = [], DeleteMarkers = [] } = await client.send(
          new ListObjectVersionsCommand({ Bucket: name }),
        );
        const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({
          Key,
          VersionId,
        }));
        if (Objects.length === 0) return;
        await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects } }));
      }
    },
  };
}
