import type { DeliveryStream, EventStream, StreamEntry } from '../../shared/ports.ts';

/** A stream in memory that fails the entries its script says, call by call. */
export class MemoryEventStream implements EventStream {
  readonly entries: StreamEntry[] = [];
  readonly calls: number[] = [];
  readonly #fails: (call: number, index: number) => boolean;

  constructor(fails: (call: number, index: number) => boolean = () => false) {
    this.#fails = fails;
  }

  async putRecords(entries: readonly StreamEntry[]): Promise<(string | null)[]> {
    const call = this.calls.push(entries.length) - 1;
    return entries.map((entry, index) => {
      if (this.#fails(call, index)) return 'ProvisionedThroughputExceededException';
      this.entries.push(entry);
      return null;
    });
  }
}

export class MemoryDeliveryStream implements DeliveryStream {
  readonly records: string[] = [];
  readonly #fails: () => boolean;

  constructor(fails: () => boolean = () => false) {
    this.#fails = fails;
  }

  async putRecordBatch(records: readonly string[]): Promise<(string | null)[]> {
    return records.map((record) => {
      if (this.#fails()) return 'ServiceUnavailableException';
      this.records.push(record);
      return null;
    });
  }
}
