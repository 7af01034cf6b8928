/**
 * Closed forms of queueing theory, in the notation of every textbook (Gross et al., Fundamentals of Queueing Theory;
 * Kleinrock, Queueing Systems I): Poisson arrivals of rate lambda, c servers, first come first served, rho = load per
 * server. They are the yardstick of `fleetlab validate`; nothing in the simulator uses them.
 */
import { assert } from '../base/assert.ts'

/** Poisson arrivals, exponential service, c servers; `capacity` counts those in service too. */
export interface Markovian {
  readonly arrivalRate: number
  readonly meanService: number
  readonly servers: number
}

/** Erlang's C: the probability that an arrival waits in M/M/c. */
export function waitProbability({ arrivalRate, meanService, servers }: Markovian): number {
  const offered = arrivalRate * meanService
  assert(offered < servers, 'theory: an unbounded queue needs rho < 1')
  // Erlang's B by its recursion in c, which neither overflows nor cancels; then C from B.
  let blocking = 1
  for (let c = 1; c <= servers; c++) blocking = (offered * blocking) / (c + offered * blocking)
  return blocking / (1 - (offered / servers) * (1 - blocking))
}

/** Mean time in queue of M/M/c. */
export function meanWaitMarkovian(queue: Markovian): number {
  const { arrivalRate, meanService, servers } = queue
  return (waitProbability(queue) * meanService) / (servers - arrivalRate * meanService)
}

/** Mean time in queue of M/G/1 (Pollaczek and Khinchine); M/D/1 is serviceVariance 0. */
export function meanWaitGeneral(arrivalRate: number, meanService: number, serviceVariance: number): number {
  const rho = arrivalRate * meanService
  assert(rho < 1, 'theory: an unbounded queue needs rho < 1')
  return (arrivalRate * (serviceVariance + meanService * meanService)) / (2 * (1 - rho))
}

/** M/M/c/K: at most `capacity` requests in the system, others are turned away. */
export function finiteQueue(queue: Markovian, capacity: number): { blocking: number; meanWait: number } {
  const { arrivalRate, meanService, servers } = queue
  assert(capacity >= servers, 'theory: capacity includes those in service')
  const offered = arrivalRate * meanService
  // weight[n] is proportional to P(n in the system).
  const weights = [1]
  for (let n = 1; n <= capacity; n++) weights.push((weights[n - 1]! * offered) / Math.min(n, servers))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const blocking = weights[capacity]! / total
  const queued = weights.reduce((sum, weight, n) => sum + Math.max(0, n - servers) * weight, 0) / total
  // Little's law over those who are let in.
  return { blocking, meanWait: queued / (arrivalRate * (1 - blocking)) }
}
