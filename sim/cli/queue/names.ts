/** What the queue's keys are called on the server, and the times that both of its sides keep. */

/** Before every key. */
export const PREFIX = 'fleetlab'

/** Builds never share jobs: the same run of another build may have another result. */
export const queueName = (build: string): string => `runs-${build}`

/** A file or a policy's code, by the SHA-256 of its content. */
export const blobKey = (sha256: string): string => `${PREFIX}:blob:${sha256}`
/** What came of a job. */
export const resultKey = (jobId: string): string => `${PREFIX}:result:${jobId}`
/** Who is there, of producers and of workers: one sorted set each, by when they were last heard of. */
export const rollKey = (role: 'producer' | 'worker'): string => `${PREFIX}:${role}s`
/** Of a job, as the queue names it. */
export const jobHashKey = (build: string, jobId: string): string => `${PREFIX}:${queueName(build)}:${jobId}`

/** Jobs begin with the name of who asked for them. */
export const jobIdOf = (producer: string, key: string): string => `${producer}-${key}`
export const producerOf = (jobId: string): string => jobId.slice(0, jobId.lastIndexOf('-'))

/** Somebody is heard of so often … */
export const HEARD_EVERY_MS = 2_000
/** … and taken for gone after so much silence. */
export const GONE_AFTER_MS = 20_000

/** A worker's hold on a job, renewed four times as often. Whoever stops renewing has lost it. */
export const HOLD_MS = 6_000
export const HOLD_RENEWED_MS = HOLD_MS / 4
/** How often the others look for jobs that nobody holds. */
export const STALLED_EVERY_MS = 1_500
/** A job that took two workers with it would take a third. */
export const LOST_AT_MOST = 1

/** What nobody asks for any more is the server's to forget. Kept fresh by its producer, and brought again when it is gone. */
export const BLOB_KEPT_S = 600
/** A producer that lost the server for longer has the run done again. */
export const RESULT_KEPT_S = 1_800
export const FAILURE_KEPT_S = 600
/** What the queue itself keeps of a build that nobody uses any more. */
export const QUEUE_KEPT_S = 86_400
/** Its keys that stay when it is empty. */
export const lastingKeys = (build: string): readonly string[] =>
  ['events', 'meta', 'id', 'marker'].map((name) => `${PREFIX}:${queueName(build)}:${name}`)
