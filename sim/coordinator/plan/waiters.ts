/** What planning needs of the queue: who waits for which build, and that they are looked at again. */
import type { BuildId } from '../../base/ids.ts'

export interface Waiters {
  /** Over all builds. */
  readonly size: number
  depth(build: BuildId): number
  /** Those that somebody waits for. */
  builds(): readonly BuildId[]
  /** Assigns whom it can (Q3). */
  drain(build: BuildId): void
  /** Nobody will be able to serve this build (Q6). */
  failAll(build: BuildId): void
}
