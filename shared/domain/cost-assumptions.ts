/**
 * What the packaged configuration does not say. `cpuMs` is of a full core (1,769 MB), `waitMs` the
 * time in which a function waits for services. CPU and sizes were measured (docs/costs.md), waits
 * and lengths of answers are assumed; nothing was measured on AWS.
 */
export const ASSUMED = {
  hoursPerMonth: 730,
  /** By function, for an invocation; what is not named runs too seldom to count. */
  invocation: {
    /** BatchGetItem 4, PutRecordBatch 10; two calls of the SDK 1.3 CPU, the rest 0.4. */
    score: { waitMs: 14, cpuMs: 1.7 },
    collect: { waitMs: 10, cpuMs: 2 },
    enrich: { waitMs: 12, cpuMs: 3 },
    'update-features': { waitMs: 12, cpuMs: 4 },
    authorizer: { waitMs: 4, cpuMs: 1 },
  } as Readonly<Record<string, { readonly waitMs: number; readonly cpuMs: number }>>,
  /** The initialisation is billed too: one invocation in 500 starts cold. */
  coldShare: 0.002,
  coldStartMs: 300,
  /** START, END, REPORT, with what CloudWatch adds to each line. */
  invocationLogBytes: 430,
  /** Lines in the embedded metric format, of an invocation; scores are counted many to a line. */
  metricLogBytes: { collect: 600, enrich: 600, 'update-features': 900, score: 60 } as Readonly<
    Record<string, number>
  >,
  /** Names of our own metrics, each with its dimensions. */
  ownMetrics: 30,
  /** Metrics of a route where they are on. */
  metricsOfRoute: 6,
  /** CloudWatch keeps logs compressed. */
  logCompression: 0.15,
  /** Keys in use: each is asked about anew once a minute for each route. */
  keyRoutes: 4,
  /** A visitor's item as written, in kilobytes begun; another for one event in 12 or so: a user's. */
  visitorWriteUnits: 1.2,
  userWritesPerEvent: 0.08,
  /** The visitor's, and for most requests the product's or the user's. */
  itemsPerScore: 1.8,
  visitorsPerEvent: 0.1,
  /** Visitors are kept for 90 days. */
  monthsOfVisitors: 3,
  itemKilobytes: 0.7,
  /** In the lake, compressed. */
  eventBytes: 130,
  decisionBytes: 300,
  /** An execution role's credentials ask for a key of each stream and table every five minutes. */
  roleCredentials: 20,
  keyRequestsPerHour: 12,
  /** With headers. */
  scoreAnswerBytes: 700,
  collectAnswerBytes: 1200,
  /** batch-features 30 times 140, clv-scoring 4.3 times 120, training twice 12. */
  transitionsPerMonth: 5_000,
  /** Users with a history, each an item of features and one of a customer's value. */
  usersPerEvent: 1 / 150,
  /** batch-features: all items are read a day, the share that changed is written (docs/offline-store.md). */
  changedShareOfDay: 0.05,
  changedItemWriteUnits: 2,
  /** Customers' values are written anew each week. */
  weeksPerMonth: 4.35,
  userKilobytes: 3,
  /** Of the functions: a user's part of 30 loads and 4.3 scorings; two trainings on 20 M events, one on customers. */
  gigabyteSecondsPerUser: 0.1,
  trainingGigabyteSeconds: 27_000,
  /** What Athena scans for an event in all: docs/offline-store.md, 4.06 TB a day of 1.52 G. */
  athenaBytesPerEvent: 2_670,
  silverBytes: 43,
  /** Two trainings a month where SageMaker tunes; the functions train by default, for less. */
  jobHours: 3,
  /** Where an endpoint scores: instances in two zones, and the wait for its answer. */
  endpointWaitMs: 8,
} as const;
