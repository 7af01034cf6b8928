/** All judges, one per invariant that the trace alone can show (INV-6 is checked where cells are written: trace/digest.ts). */
import { FirstTokenOnce, TokensConserved } from './answers.ts'
import { AttemptsEndOnce, NoAttemptOutlivesItsRequest } from './attempts.ts'
import { DelaysAddUp } from './delays.ts'
import type { Judge } from './judge.ts'
import { LittlesLaw } from './littles-law.ts'
import { OneLoadAtATime, ResidentsAddUp } from './loads.ts'
import { GpuBusyOnce, IdleMeansIdle, MemoryFits } from './machines.ts'
import { LabelsFollow, OnlyTheConnected } from './providers.ts'
import { QueueDepths } from './queue.ts'
import { RequestsEndOnce, UsersEndOnce } from './requests.ts'
import { TimeRunsForwards } from './time.ts'

export { Judge } from './judge.ts'
export { Judges } from './judges.ts'

/** Fresh judges for one run. */
export const allJudges = (): readonly Judge[] => [
  new RequestsEndOnce(),
  new NoAttemptOutlivesItsRequest(),
  new AttemptsEndOnce(),
  new QueueDepths(),
  new TimeRunsForwards(),
  new UsersEndOnce(),
  new FirstTokenOnce(),
  new TokensConserved(),
  new MemoryFits(),
  new GpuBusyOnce(),
  new OneLoadAtATime(),
  new ResidentsAddUp(),
  new LabelsFollow(),
  new OnlyTheConnected(),
  new IdleMeansIdle(),
  new DelaysAddUp(),
  new LittlesLaw(),
]
