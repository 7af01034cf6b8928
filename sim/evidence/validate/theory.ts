/**
 * Closed forms of queueing theory, in the notation of every textbook (Gross et al., Fundamentals of Queueing Theory;
 * Kleinrock, Queueing Systems I): Poisson arrivals of rate lambda, c servers, first come first served, rho = load per
 * server. They are the yardstick of `fleetlab validate`; nothing in the simulator uses them.
 */
import { assert } from '../../base/assert.ts'
import { exp, ln } from '../../base/math.ts'

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

/**
 * Mean time in queue of M/D/c. With constant service the c-th request before one is the one it waits for, so each server by
 * itself is a queue E_c/D/1, and Spitzer's identity gives the sum over n of E[(n D - Erlang(n c))^+] / n, which is the
 * formula of Crommelin (P.O. Electr. Engrs J. 25, 1932): with m = n c rho mean arrivals in n services,
 * D times the sum of P(Poisson(m) >= n c) - P(Poisson(m) > n c) / rho. Terms fall like (rho e^(1-rho))^(n c).
 */
export function meanWaitConstant({ arrivalRate, meanService, servers }: Markovian): number {
  const offered = arrivalRate * meanService
  const rho = offered / servers
  assert(rho > 0 && rho < 1, 'theory: an unbounded queue needs rho < 1')
  let sum = 0
  let logFactorial = 0
  for (let n = 1; ; n++) {
    for (let k = (n - 1) * servers + 1; k <= n * servers; k++) logFactorial += ln(k)
    const mean = n * offered
    const exactly = exp(n * servers * ln(mean) - mean - logFactorial)
    const term = exactly - ((1 - rho) / rho) * exactly * beyond(mean, n * servers)
    sum += term
    if (term < 1e-15 * sum) return sum * meanService
  }
}

/** P(Poisson(mean) > count) as a multiple of P(Poisson(mean) = count), for mean < count: a sum of falling terms. */
function beyond(mean: number, count: number): number {
  let sum = 0
  let term = 1
  for (let k = count + 1; term > 1e-17 * sum; k++) {
    term *= mean / k
    sum += term
  }
  return sum
}
