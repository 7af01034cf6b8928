import { describe, expect, it } from 'vitest'
import { finiteQueue, meanWaitGeneral, meanWaitMarkovian, waitProbability } from '../../sim/lab/theory.ts'

const queue = (servers: number, rho: number) => ({ arrivalRate: rho * servers, meanService: 1, servers })

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

  it('gives Erlang B when nobody may wait, and M/M/c when everybody may', () => {
    // Erlang B with 10 erlang on 10 servers.
    const loss = finiteQueue(queue(10, 1), 10)
    expect(loss.blocking).toBeCloseTo(0.214582, 6)
    expect(loss.meanWait).toBe(0)
    expect(finiteQueue(queue(2, 0.7), 200).meanWait).toBeCloseTo(meanWaitMarkovian(queue(2, 0.7)), 9)
  })
})
