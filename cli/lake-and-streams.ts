import { openLake } from '../local/lake.ts';
import { openEventStream } from '../shared/embedded/event-stream.ts';
import type { EventStream, ObjectStore } from '../shared/ports.ts';
import { type StageFlags, stackNames } from './stage.ts';

/** Where records are kept that were not processed, and where they are put again. */
export interface LakeAndStreams {
  readonly lake: ObjectStore;
  /** @param name as serverless.yml names the stream */
  readonly streamNamed: (name: string) => EventStream;
}

/** Those of a deployed stage, or of the data directory where none is named. */
export async function openLakeAndStreams({ stage, region }: StageFlags): Promise<LakeAndStreams> {
  if (stage === undefined) return { lake: openLake(), streamNamed: openEventStream };
  const [nameOf, objects, streams] = await Promise.all([
    stackNames(stage, region),
    import('../shared/aws/object-store.ts'),
    import('../shared/aws/event-stream.ts'),
  ]);
  return {
    lake: objects.openObjectStore(nameOf('LakeBucket')),
    streamNamed: (name) => streams.openEventStream(nameOf(name)),
  };
}
