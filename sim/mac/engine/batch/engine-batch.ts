/**
 * What the GPU needs of the rows of one engine, whichever program schedules them. A batch knows no time and no pace:
 * it is asked how long a step takes under a law, and told how many steps have passed. While no step is a change
 * (`stepsToChange`), step times grow by a constant, so any number of them passes in constant time.
 */
import type { RowRequest, RowWork } from '../engine.ts'
import type { Row } from './row.ts'
import type { StepLaw } from '../law/step-law.ts'

/** Something the owner of a row has to hear. */
export interface Delivery {
  readonly kind: 'first_token' | 'finished' | 'ghost_ended' | 'admitted'
  readonly row: Row
}

export interface EngineBatch {
  readonly ghostRows: number
  readonly liveRows: number
  /** Something to do for the GPU. */
  readonly hasWork: boolean
  readonly hasWaiting: boolean
  /** A row that comes now cannot change any plan before the next change. */
  readonly submissionsWait: boolean
  /** Some prompt is under way. */
  readonly prefilling: boolean
  activeTokens(): number
  /** KV tokens in memory, whoever owns them, and the rows that hold them. */
  kvTokens(): number
  kvRows(): number
  generatedTokens(key: number): number
  workOf(key: number): RowWork
  setMaxRows(rows: number, running: boolean): void
  submit(request: RowRequest, running: boolean): Row
  cancel(key: number, running: boolean): 'removed' | 'ghost' | 'unknown'
  /** Nobody hears of any row any more; the running step keeps its shape. */
  disownAll(): void
  /** Nanoseconds of the current or next step under a law, and by how much each step before the next change is longer. */
  stepNanos(law: StepLaw): number
  stepGrowthNanos(law: StepLaw): number
  /** Whether rows nobody waits for may be part of it; if so, the same for what they add to it. */
  readonly haunted: boolean
  ghostNanos(law: StepLaw): number
  ghostGrowthNanos(law: StepLaw): number
  /** The current or next step is number 1: the number of the first step after which anything but counters differs. */
  stepsToChange(): number
  /** Whether rows may leave with the end of the current step, and give back what they hold. */
  readonly freesNext: boolean
  /** `steps` whole steps pass, none of them a change. */
  pass(steps: number): void
  /** The step that is a change ends. */
  finishStep(out: Delivery[]): void
  /** An engine without GPU work admits at once: its step is nothing but the admission. */
  admitWhenIdle(out: Delivery[]): void
  /** The row's finish is about to be delivered; false when its owner has let go of it. */
  release(row: Row): boolean
  /** Nanoseconds from admission to the last token of a row alone on the idle Mac, and what its restore saves of a cold start. */
  soloNanos(row: Row, law: StepLaw): { readonly alone: number; readonly saved: number }
}
