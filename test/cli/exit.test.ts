/** How a command ends when something goes wrong. */
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import { BadInputError } from '../../sim/base/result.ts'
import { endingOf, InterruptedError, ReproducibleError } from '../../sim/cli/exit.ts'
import { reproduce } from '../../sim/cli/session.ts'
import type { RunJob } from '../../sim/lab/runs/ports.ts'

const COMMAND = 'npx fleetlab run a.yaml'

const JOB: RunJob = {
  scenario: 'my scenario.yaml',
  settings: ['duration=1m', 'demand[0].mix={a: 100%}'],
  policy: { kind: 'code', file: './mine.ts', code: '' },
  policyName: 'arm',
  seed: 7,
  verify: false,
  rows: [],
  wantsSamples: false,
}

describe('the ending of a command', () => {
  it('is 2 with a line per problem for bad input, without a stack', () => {
    const error = new BadInputError([
      { message: 'one' },
      { file: 'a.yaml', line: 3, column: 1, path: 'b', message: 'two' },
    ])
    expect(endingOf(error, COMMAND)).toEqual({ code: 2, lines: ['error: one', 'error: a.yaml:3:1 b two'] })
  })

  it('is 3 with the way to see it again for a broken invariant', () => {
    expect(endingOf(new InvariantError('INV-4 queue bound'), COMMAND)).toMatchObject({
      code: 3,
      lines: [
        'bug: INV-4 queue bound',
        'to reproduce: npx fleetlab run a.yaml',
        expect.stringContaining('not of your input'),
      ],
    })
  })

  it('names the one run of many that broke', () => {
    const ending = endingOf(new ReproducibleError('INV-4 queue bound', reproduce(JOB)), 'npx fleetlab compare a.yaml')
    expect(ending.lines[1]).toBe(
      "to reproduce: npx fleetlab run 'my scenario.yaml' --policy ./mine.ts --seed 7 --set duration=1m --set 'demand[0].mix={a: 100%}' --verify",
    )
  })

  it('is 130 when the user stopped it', () => {
    expect(endingOf(new InterruptedError(), COMMAND).code).toBe(130)
  })

  it('is 3 with the stack for anything nobody foresaw', () => {
    const ending = endingOf(new TypeError('x is undefined'), COMMAND)
    expect(ending.code).toBe(3)
    expect(ending.lines[0]).toMatch(/^bug: TypeError: x is undefined\n +at /)
  })
})
