/** What `fleetlab validate` compares with theory: queues on the kernel alone, and queues that the whole simulator has to be. */
import { must } from '../../base/assert.ts'
import { varianceOf } from '../../kernel/distributions.ts'
import { type Measure, QUEUE_MODELS, type QueueModel, type TheoryValue } from './queue-models.ts'
import { STACK_MODELS, type StackModel } from './stack-models.ts'
import { runStack } from './stack-run.ts'
import { runStation } from './station-run.ts'

/** How much of the simulator takes part. */
export type ValidationScope = 'kernel' | 'stack'

export interface Subject {
  readonly id: string
  readonly scope: ValidationScope
  readonly rho: number
  /** Squared coefficient of variation of the service time. */
  readonly squaredCv: number
  readonly theory: readonly TheoryValue[]
  /** As of QueueModel. */
  readonly relativeVariance: number
  /** Over `arrivals` requests after the first `warmup`. */
  run(seed: number, warmup: number, arrivals: number): Promise<Readonly<Record<Measure, number>>>
}

const kernelSubject = (model: QueueModel): Subject => ({
  id: model.id,
  scope: 'kernel',
  rho: model.rho,
  // Its services have the mean 1.
  squaredCv: varianceOf(model.service),
  theory: model.theory,
  relativeVariance: model.relativeVariance,
  run: async (seed, warmup, arrivals) => runStation(model, seed, warmup, arrivals),
})

const stackSubject = (model: StackModel): Subject => ({
  id: model.id,
  scope: 'stack',
  rho: model.rho,
  squaredCv: model.squaredCv,
  theory: model.theory,
  relativeVariance: model.relativeVariance,
  run: async (seed, warmup, arrivals) => ({ mean_wait: await runStack(model, seed, warmup, arrivals), blocking: 0 }),
})

export const SUBJECTS: readonly Subject[] = [...QUEUE_MODELS.map(kernelSubject), ...STACK_MODELS.map(stackSubject)]

export function subjectOf(id: string): Subject {
  return must(
    SUBJECTS.find((subject) => subject.id === id),
    `validate: no queue is called ${id}`,
  )
}
