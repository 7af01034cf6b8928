/**
 * The queues of `fleetlab validate` that the whole simulator has to be: demand, coordinator, messages and Macs of one row
 * each, as one scenario (stack-scenario.ts). Answers decide the service times: exponential, all of one length, lognormal, or short
 * and long ones from two demand streams.
 *
 * A service takes some 15 s, so that the engine's grid of a millisecond is below a ten-thousandth of it, and an answer has
 * some 4,000 tokens, so that rounding to whole tokens moves neither moment by a millionth.
 */
import { assert } from '../../base/assert.ts'
import { exp } from '../../base/math.ts'
import { type Distribution, lognormal, meanOf, varianceOf } from '../../kernel/distributions.ts'
import type { TheoryValue } from './queue-models.ts'
import { BESIDES_S, type StackStream, TOKEN_S } from './stack-scenario.ts'
import { meanWaitConstant, meanWaitGeneral, meanWaitMarkovian } from './theory.ts'

export interface StackModel {
  /** `stack/mm4/rho-0.7`: queue and load per Mac. */
  readonly id: string
  readonly macs: number
  readonly rho: number
  readonly streams: readonly StackStream[]
  /** Squared coefficient of variation of the service time. */
  readonly squaredCv: number
  readonly theory: readonly TheoryValue[]
  /** As of QueueModel. It is the queue's own, so the pilot ran on the kernel's stations. */
  readonly relativeVariance: number
}

/** A share of the requests, and how many tokens their answers have: for the scenario and for theory. */
interface Answers {
  readonly share: number
  readonly output: unknown
  readonly tokens: Distribution
}

interface Queue {
  readonly arrivalRate: number
  readonly meanService: number
  readonly serviceVariance: number
  readonly servers: number
}

const MEAN_TOKENS = 4_000

const CONSTANT = [alwaysOf(1, MEAN_TOKENS)]
const EXPONENTIAL: readonly Answers[] = [
  {
    share: 1,
    output: { exponential: { mean: MEAN_TOKENS } },
    tokens: { kind: 'exponential', mean: MEAN_TOKENS },
  },
]
// Named by the squared coefficient of variation, like those of the kernel.
const SHORT_AND_LONG = [alwaysOf(0.8, MEAN_TOKENS / 2), alwaysOf(0.2, 3 * MEAN_TOKENS)]
const LOGNORMAL = [lognormalOf(MEAN_TOKENS, 1)]

function alwaysOf(share: number, tokens: number): Answers {
  return { share, output: tokens, tokens: { kind: 'constant', value: tokens } }
}

function lognormalOf(mean: number, cv: number): Answers {
  const tokens = lognormal(mean, cv)
  assert(tokens.kind === 'lognormal', 'stack: a lognormal')
  return { share: 1, output: { lognormal: { median: exp(tokens.mu), sigma: tokens.sigma } }, tokens }
}

function model(
  name: string,
  macs: number,
  rho: number,
  answers: readonly Answers[],
  wait: (queue: Queue) => number,
  relativeVariance: number,
): StackModel {
  const tokens: Distribution = {
    kind: 'mixture',
    parts: answers.map(({ share, tokens: of }) => ({ weight: share, of })),
  }
  const meanService = BESIDES_S + TOKEN_S * meanOf(tokens)
  const serviceVariance = TOKEN_S * TOKEN_S * varianceOf(tokens)
  const arrivalRate = (rho * macs) / meanService
  return {
    id: `stack/${name}/rho-${rho}`,
    macs,
    rho,
    streams: answers.map(({ share, output }) => ({ rate: share * arrivalRate, output })),
    squaredCv: serviceVariance / (meanService * meanService),
    theory: [{ measure: 'mean_wait', value: wait({ arrivalRate, meanService, serviceVariance, servers: macs }) }],
    relativeVariance,
  }
}

const markovian = (macs: number, rho: number, relativeVariance: number): StackModel =>
  model(`mm${macs}`, macs, rho, EXPONENTIAL, meanWaitMarkovian, relativeVariance)

const constant = (macs: number, rho: number, relativeVariance: number): StackModel =>
  model(`md${macs}`, macs, rho, CONSTANT, meanWaitConstant, relativeVariance)

const general = (name: string, answers: readonly Answers[], rho: number, relativeVariance: number): StackModel =>
  model(
    name,
    1,
    rho,
    answers,
    ({ arrivalRate, meanService, serviceVariance }) => meanWaitGeneral(arrivalRate, meanService, serviceVariance),
    relativeVariance,
  )

export const STACK_MODELS: readonly StackModel[] = [
  markovian(1, 0.5, 30),
  markovian(4, 0.7, 125),
  constant(1, 0.7, 30),
  constant(4, 0.7, 60),
  general('mg1-two-lengths-cv1', SHORT_AND_LONG, 0.5, 28),
  general('mg1-lognormal-cv1', LOGNORMAL, 0.5, 42),
]
