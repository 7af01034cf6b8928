import { describe, expect, it } from 'vitest'
import {
  finiteQueue,
  meanWaitConstant,
  meanWaitGeneral,
  meanWaitMarkovian,
  waitProbability,
} from '../../../sim/evidence/validate/theory.ts'

const queue = (servers: number, rho: number) => ({ arrivalRate: rho * servers, meanService: 1, servers })

/**
 * The mean wait of M/D/c another way: who is in service now has left one service time D later, so the number in the system
 * goes from n to max(n - c, 0) + Poisson(c rho) in D, whose stationary law is that of any moment. Iterated until it stands.
 */
function embeddedWait(servers: number, rho: number): number {
  const SIZE = 400
  const arrivals = [Math.exp(-servers * rho)]
  for (let k = 1; k < SIZE; k++) arrivals.push((arrivals[k - 1]! * servers * rho) / k)
  let law: number[] = Array.from({ length: SIZE }, (_, n) => (n === 0 ? 1 : 0))
  for (let change = 1; change > 1e-15; ) {
    const left = Array.from({ length: SIZE }, (_, n) => law[n + servers] ?? 0)
    for (let n = 0; n < servers; n++) left[0]! += law[n]!
    const next = law.map((_, n) => left.slice(0, n + 1).reduce((sum, p, k) => sum + p * arrivals[n - k]!, 0))
    change = next.reduce((sum, p, n) => sum + Math.abs(p - law[n]!), 0)
    law = next
  }
  return law.reduce((sum, p, n) => sum + Math.max(0, n - servers) * p, 0) / (servers * rho)
}

describe('closed forms', () => {
  it.each([
    [1, 0.9, 9.0],
    [8, 0.7, 0.112751],
    [8, 0.9, 0.876916],
    [8, 0.95, 2.110422],
    [64, 0.9, 0.048541],
    [500, 0.98, 0.054667],
  ])('M/M/%i at rho %d waits %d services in published tables', (servers, rho, wait) => {
    expect(meanWaitMarkovian(queue(servers, rho))).toBeCloseTo(wait, 6)
  })

  it('agrees with the published probability of waiting in M/M/8', () => {
    expect(waitProbability(queue(8, 0.9))).toBeCloseTo(0.701533, 6)
  })

  it('gives M/M/1 from Pollaczek and Khinchine when the service is exponential, half of it when constant', () => {
    expect(meanWaitGeneral(0.8, 1, 1)).toBeCloseTo(meanWaitMarkovian(queue(1, 0.8)), 12)
    expect(meanWaitGeneral(0.8, 1, 0)).toBeCloseTo(meanWaitMarkovian(queue(1, 0.8)) / 2, 12)
  })

  it('gives M/D/1 from Pollaczek and Khinchine', () => {
    for (const rho of [0.1, 0.5, 0.9]) {
      expect(meanWaitConstant(queue(1, rho))).toBeCloseTo(meanWaitGeneral(rho, 1, 0), 9)
    }
  })

  it('gives the mean queues of M/D/2 that tables print', () => {
    expect(meanWaitConstant(queue(2, 0.5)) * 1).toBeCloseTo(0.1767, 4)
    expect(meanWaitConstant(queue(2, 0.8)) * 1.6).toBeCloseTo(1.445, 3)
  })

  it.each([
    [2, 0.5],
    [4, 0.7],
    [4, 0.9],
    [7, 0.8],
    [10, 0.3],
  ])('agrees for M/D/%i at rho %d with the chain embedded at multiples of the service time', (servers, rho) => {
    expect(meanWaitConstant(queue(servers, rho))).toBeCloseTo(embeddedWait(servers, rho), 9)
  })

  it('scales with the service time', () => {
    const slower = { arrivalRate: 2.8 / 15, meanService: 15, servers: 4 }
    expect(meanWaitConstant(slower)).toBeCloseTo(15 * meanWaitConstant(queue(4, 0.7)), 9)
  })

  it('gives Erlang B when nobody may wait, and M/M/c when everybody may', () => {
    // Erlang B with 10 erlang on 10 servers.
    const loss = finiteQueue(queue(10, 1), 10)
    expect(loss.blocking).toBeCloseTo(0.214582, 6)
    expect(loss.meanWait).toBe(0)
    expect(finiteQueue(queue(2, 0.7), 200).meanWait).toBeCloseTo(meanWaitMarkovian(queue(2, 0.7)), 9)
  })
})
