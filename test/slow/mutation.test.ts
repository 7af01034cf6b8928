/**
 * Every number by which the coordinator decides about a machine matters to some conformance test. The defaults of settings
 * are twice as many, and left to `npm run study:mutation`, which takes all.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const DECIDING =
  '^(?:cost|health-cost|rates|capacity|gates|breakers|ttft|select|preflight|retry-after|admission|attempts)\\.ts'

it('every change of a number that decides is noticed, or excused', async () => {
  const words = ['run', '--silent', 'study:mutation', '--', '--only', DECIDING]
  // It ends with 1 when something went unnoticed, which is then named.
  const { stdout: output } = await promisify(execFile)('npm', words, { maxBuffer: 2 ** 26 })
  const [, noticed, all] = /^(\d+) of (\d+) changes noticed/m.exec(output) ?? []
  expect(noticed).toBe(all)
  expect(Number(all)).toBeGreaterThan(80)
})
