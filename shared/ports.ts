/**
 * What the domain needs from outside. Each interface has one adapter in `aws/` and one in
 * `embedded/`, in files of the same name, and one contract suite that both pass.
 */

/** Epoch milliseconds. Replay supplies a logical clock. */
export interface Clock {
  now(): number;
}

/**
 * When the door received an event, epoch milliseconds. The AWS door answers its own clock whatever
 * the event says; only the embedded replay believes the event's `received_at`.
 */
export type ReceiveTime = (event: unknown) => number;

export interface StreamEntry {
  readonly partitionKey: string;
  readonly data: string;
}

/** `PutRecords` semantics: each entry succeeds or fails for itself, order is not guaranteed. */
export interface EventStream {
  /**
   * @param entries at most 500, 10 MiB together
   * @returns for each entry null when durable, else the error code
   * @throws StreamUnavailable when the call as a whole failed
   */
  putRecords(
    entries: readonly StreamEntry[],
    signal?: AbortSignal,
  ): Promise<readonly (string | null)[]>;
}

/** A write-only path into the lake (`bronze`): decisions, bad rows. At-least-once. */
export interface DeliveryStream {
  /**
   * @param records JSON documents, at most 500
   * @returns for each record null when durable, else the error code
   */
  putRecordBatch(
    records: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly (string | null)[]>;
}

/** One item of the online store. `version` starts at 1 and counts writes. */
export interface OnlineItem {
  readonly key: string;
  readonly version: number;
  /** JSON document, shape by key prefix (`visitor#`, `user#`, `product#`, `routing#`). */
  readonly state: string;
  /** Raw bytes the state does not carry well, e.g. hashes of applied events. */
  readonly applied?: Uint8Array;
  /** Epoch seconds after which a sweep may delete the item; readers must check expiry themselves. */
  readonly expiresAt?: number;
}

export interface OnlineStore {
  /**
   * One batch read of at most 100 distinct keys; retries unprocessed keys within its bounds.
   * Missing keys are absent from the answer. A write that was acknowledged is seen when
   * `consistent` is asked.
   * @throws StoreUnavailable, DeadlineExceeded (when `signal` aborts)
   */
  read(
    keys: readonly string[],
    options?: { consistent?: boolean; signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, OnlineItem>>;
  /**
   * One conditional put: succeeds only if the stored version is `item.version - 1` (absent counts
   * as 0).
   * @throws StoreUnavailable, ItemTooLarge (over 64 KB)
   */
  write(item: OnlineItem): Promise<'written' | 'conflict'>;
}

/** A folder of immutable objects: the lake, the model registry's files. */
export interface ObjectStore {
  /** @returns the bytes, or null where there is no such object */
  get(key: string): Promise<Uint8Array | null>;
  put(key: string, body: Uint8Array): Promise<void>;
  /** Keys under a prefix in lexicographic order. */
  list(prefix: string): AsyncIterable<string>;
  delete(key: string): Promise<void>;
}

/** The read side of an object store alone: all that the scorer needs of the registry's files. */
export interface ObjectReader {
  get(key: string, signal?: AbortSignal): Promise<Uint8Array | null>;
}

export interface ApiKeyRecord {
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** Epoch milliseconds, or null for no expiry. */
  readonly expiresAt: number | null;
}

export interface ApiKeyStore {
  /** @param digest hex SHA-256 of the presented key */
  find(digest: string): Promise<ApiKeyRecord | null>;
}

/** A key as its owner sees it: the key itself is stored nowhere. */
export interface RegisteredApiKey extends ApiKeyRecord {
  /** Hex SHA-256 of the key. */
  readonly digest: string;
}

/** What the owner of a stage does with its API keys; no function may. */
export interface ApiKeyRegister {
  /** Adds a key, or replaces what is known of the one with this digest. */
  put(key: RegisteredApiKey): Promise<void>;
  /** Ordered by id, then digest. */
  list(): Promise<readonly RegisteredApiKey[]>;
  /** A key that is not there is removed too. */
  remove(digest: string): Promise<void>;
}

/** Secrets as their owner writes them; functions have the `SecretStore`. */
export interface SecretVault {
  /** @returns null where nothing was written yet */
  read(name: string): Promise<string | null>;
  write(name: string, value: string): Promise<void>;
}

/** Names and reads of secrets: the pseudonymisation key ring. */
export interface SecretStore {
  /** @throws StoreUnavailable */
  read(name: string): Promise<string>;
}

/** Two-letter country of an IP network such as `203.0.113.0`, or null where unknown. */
export interface CountryLookup {
  country(ip: string): string | null;
}

export type ModelStatus = 'candidate' | 'rejected' | 'archived';

/** A version's entry in the registry; its put is the commit, after the files. */
export interface RegistryEntry {
  readonly name: string;
  readonly version: string;
  readonly status: ModelStatus;
  /** SHA-256 of manifest.json, which in turn holds the digests of the other files. */
  readonly manifestDigest: string;
  /** ISO 8601. */
  readonly registeredAt: string;
  /** Who or what registered it, and why. */
  readonly registeredBy: string;
  /** Of a rejected version: the gates that said so. */
  readonly reason?: string;
}

export interface ModelRegistry {
  /** Registers once: a second put of the same version with the same digest is a no-op.
   * @throws WriteConflict when the version exists with another digest */
  put(entry: RegistryEntry): Promise<void>;
  find(name: string, version: string): Promise<RegistryEntry | null>;
  /** Newest first. */
  list(name: string): Promise<readonly RegistryEntry[]>;
}

/** Versions of a model hosted elsewhere, e.g. the production variants of a SageMaker endpoint. */
export interface ModelEndpoint {
  /**
   * @param version hosted there
   * @param rows the model's columns in its order; NaN is missing
   * @returns one finite number a row, in order
   * @throws EndpointUnavailable, EndpointThrottled, EndpointModelFailed, MalformedPrediction,
   *   DeadlineExceeded (when `signal` aborts)
   */
  predict(
    version: string,
    rows: readonly Float32Array[],
    signal?: AbortSignal,
  ): Promise<readonly number[]>;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface Execution {
  readonly machine: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  /** The JSON text it was started with. */
  readonly input: string;
  /** JSON text; null unless it has succeeded. */
  readonly output: string | null;
}

/** Runs of state machines, each by a name of its own. */
export interface StateMachines {
  /**
   * Starts a run once: the same name and input again is the same run, whatever has become of it.
   * @param name 1–80 letters, digits, `-` and `_`; unique in the machine for at least 90 days
   * @param input JSON text, at most 262,144 bytes
   * @throws InvalidExecutionName, ExecutionConflict (another input), ServiceUnavailable
   */
  start(machine: string, name: string, input: string): Promise<Execution>;
  /** @throws ServiceUnavailable */
  find(machine: string, name: string): Promise<Execution | null>;
}

export type Severity = 'critical' | 'medium' | 'low';

/** Messages to the people who run the platform, without personal data. */
export interface Notices<Known extends Severity = Severity> {
  /**
   * @param notice its subject is cut to one line of 100 ASCII characters, its body to 256 KB
   * @throws ServiceUnavailable
   */
  publish(notice: {
    readonly severity: Known;
    readonly subject: string;
    readonly body: string;
  }): Promise<void>;
}

export interface BusEvent {
  /** E.g. `ModelPromoted`; with the detail's fields what rules match on. */
  readonly type: string;
  /** A JSON object as text. */
  readonly detail: string;
}

/** Announces facts to whoever has a rule for them. At-least-once, order is not guaranteed. */
export interface EventBus {
  /**
   * @returns for each event null when taken, else the error code
   * @throws ServiceUnavailable when a call as a whole failed
   */
  putEvents(events: readonly BusEvent[], signal?: AbortSignal): Promise<readonly (string | null)[]>;
}

export interface StreamedRecord extends StreamEntry {
  /** Orders the records of a shard as text. */
  readonly sequence: string;
  /** Epoch milliseconds. */
  readonly arrivedAt: number;
}

/** Reads a stream anew, beside its consumers. */
export interface StreamReader {
  shards(): Promise<readonly string[]>;
  /**
   * The records of a shard in order, from a sequence number on, that one included, to the newest;
   * from the oldest that the stream still has where that one is forgotten, or null was given.
   * @throws StreamUnavailable, also where there is no such shard
   */
  read(shard: string, from: string | null): AsyncIterable<StreamedRecord>;
}

export interface QueuedMessage {
  /** The same each time the message is received. */
  readonly id: string;
  readonly body: string;
  /** What deletes the message that was received this time. */
  readonly receipt: string;
}

/** What stream consumers gave up on. */
export interface DeadLetterQueue {
  /**
   * Up to ten messages, none where there are none just now. They are hidden for some minutes, and
   * come again unless deleted: at-least-once.
   * @throws ServiceUnavailable
   */
  receive(): Promise<readonly QueuedMessage[]>;
  /** @throws ServiceUnavailable */
  delete(receipt: string): Promise<void>;
}

/** A row of a shop's order table as texts; null where the cell is. */
export interface OrderRow {
  readonly order: string;
  readonly customer: string | null;
  /** ISO 8601 UTC with microseconds, as is `updated`. */
  readonly date: string | null;
  readonly amount: string | null;
  readonly updated: string;
  readonly currency: string | null;
  readonly status: string | null;
}

/** A place in a table whose rows are ordered by last change, then by id. */
export interface OrderMark {
  readonly updated: string;
  readonly order: string;
}

/** A table of orders in a shop's own database, which is only read. */
export interface OrderTable {
  /**
   * Types of the mapped columns as the database names them.
   * @throws OrderSourceChanged where table or column is not there, or cannot be what it is mapped to
   */
  types(): Promise<Readonly<Record<string, string>>>;
  /**
   * The next rows in order of (updated, order), at most a page. Rows never changed (`updated` null)
   * are not among them.
   * @param after null for the beginning
   */
  page(after: OrderMark | null): Promise<readonly OrderRow[]>;
  /** Rows that no page will ever hold, as nobody knows when they changed. */
  countUndated(): Promise<number>;
  close(): Promise<void>;
}

/** @throws OrderSourceUnavailable, OrderSourceForbidden from each of its calls too */
export type OpenOrderTable = () => Promise<OrderTable>;
