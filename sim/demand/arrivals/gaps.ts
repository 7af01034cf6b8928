/** Gaps with a mean of 1. */
import { type Sampler, sampler } from '../../kernel/distributions.ts'

/** Exponential or Gamma, by coefficient of variation. */
export const unitGap = (cv: number): Sampler =>
  sampler(cv === 1 ? { kind: 'exponential', mean: 1 } : { kind: 'gamma', mean: 1, shape: 1 / (cv * cv) })
