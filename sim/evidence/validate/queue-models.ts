/**
 * The queues of `fleetlab validate`: what is simulated, what theory says, and how noisy it is. Time is in units of the
 * mean service, which is one simulated second.
 */
import { type Distribution, hyperexponential, lognormal, varianceOf } from '../../kernel/distributions.ts'
import { finiteQueue, meanWaitGeneral, meanWaitMarkovian } from './theory.ts'

export type Measure = 'mean_wait' | 'blocking'

export interface TheoryValue {
  readonly measure: Measure
  readonly value: number
}

export interface QueueModel {
  /** `mm8/rho-0.9`: queue and load per server. */
  readonly id: string
  readonly servers: number
  /** Requests in the system at most; absent = no bound. */
  readonly capacity?: number
  readonly rho: number
  readonly service: Distribution
  readonly theory: readonly TheoryValue[]
  /**
   * Asymptotic variance of the noisiest measure per counted arrival, divided by its square: a run of n arrivals has a
   * relative variance of about relativeVariance / n. Measured once, in a pilot on seeds that validation does not use
   * (300 runs or more from 1,000,001 on, up to 200,000 arrivals each), rounded up. M/M/1 at rho 0.9 has the closed form 443.
   */
  readonly relativeVariance: number
}

const EXPONENTIAL: Distribution = { kind: 'exponential', mean: 1 }
const DETERMINISTIC: Distribution = { kind: 'constant', value: 1 }
// Named by the squared coefficient of variation of the service time.
const GAMMA: Distribution = { kind: 'gamma', mean: 1, shape: 0.5 }
const HYPEREXPONENTIAL = hyperexponential(1, Math.sqrt(3))
const LOGNORMAL = lognormal(1, 1)

const markovian = (servers: number, rho: number, relativeVariance: number): QueueModel => ({
  id: `mm${servers}/rho-${rho}`,
  servers,
  rho,
  service: EXPONENTIAL,
  theory: [{ measure: 'mean_wait', value: meanWaitMarkovian({ arrivalRate: rho * servers, meanService: 1, servers }) }],
  relativeVariance,
})

const general = (name: string, service: Distribution, rho: number, relativeVariance: number): QueueModel => ({
  id: `${name}/rho-${rho}`,
  servers: 1,
  rho,
  service,
  theory: [{ measure: 'mean_wait', value: meanWaitGeneral(rho, 1, varianceOf(service)) }],
  relativeVariance,
})

const finite = (servers: number, capacity: number, rho: number, relativeVariance: number): QueueModel => {
  const { blocking, meanWait } = finiteQueue({ arrivalRate: rho * servers, meanService: 1, servers }, capacity)
  return {
    id: `mm${servers}k${capacity}/rho-${rho}`,
    servers,
    capacity,
    rho,
    service: EXPONENTIAL,
    theory: [
      { measure: 'mean_wait', value: meanWait },
      { measure: 'blocking', value: blocking },
    ],
    relativeVariance,
  }
}

export const QUEUE_MODELS: readonly QueueModel[] = [
  markovian(1, 0.5, 30),
  markovian(1, 0.7, 66),
  markovian(1, 0.9, 443),
  markovian(2, 0.5, 52),
  markovian(2, 0.7, 95),
  markovian(2, 0.9, 490),
  markovian(8, 0.5, 500),
  markovian(8, 0.7, 260),
  markovian(8, 0.9, 720),
  general('md1', DETERMINISTIC, 0.5, 16),
  general('md1', DETERMINISTIC, 0.7, 32),
  general('md1', DETERMINISTIC, 0.9, 220),
  general('mg1-gamma-cv2', GAMMA, 0.5, 50),
  general('mg1-gamma-cv2', GAMMA, 0.7, 115),
  general('mg1-gamma-cv2', GAMMA, 0.9, 700),
  general('mg1-hyper-cv3', HYPEREXPONENTIAL, 0.5, 85),
  general('mg1-hyper-cv3', HYPEREXPONENTIAL, 0.7, 180),
  general('mg1-hyper-cv3', HYPEREXPONENTIAL, 0.9, 980),
  general('mg1-lognormal-cv1', LOGNORMAL, 0.5, 50),
  general('mg1-lognormal-cv1', LOGNORMAL, 0.7, 90),
  general('mg1-lognormal-cv1', LOGNORMAL, 0.9, 560),
  finite(1, 10, 0.9, 145),
  finite(2, 6, 0.7, 75),
  finite(4, 8, 0.9, 45),
  finite(8, 16, 0.9, 170),
]
