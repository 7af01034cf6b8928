/** Lies of a fleet entry and what an update brings, as a scenario names them. */
import { describe, expect, it } from 'vitest'
import { GOOD, loaded, problems } from './world.ts'

const lies = (text: string): string => GOOD.replace('  - count: 2\n', `  - count: 2\n    lies: ${text}\n`)
const update = (text: string): string => `${GOOD}timeline:\n  - {at: 1s, update: ${text}}\n`

describe('the lies of a fleet entry', () => {
  it('are claims with units', async () => {
    const { scenario } = await loaded(
      lies(
        '{from: 1m, registers: {max_model_slots: 3}, heartbeats: [{free_for_load: 64GiB, slots: [{model: gpt-oss-20b}]}]}',
      ),
    )
    expect(scenario.machines[1]!.lies).toEqual({
      from: 60e6,
      registers: { max_model_slots: 3 },
      heartbeats: [
        { free_for_load: 64 * 2 ** 30, slots: [{ model: 'gpt-oss-20b', state: 'idle', running: 0, waiting: 0 }] },
      ],
    })
  })

  it.each([
    ['nothing', '{}', 'lies needs `heartbeats` or something in `registers`'],
    ['an empty claim', '{heartbeats: [{}]}', 'lies.heartbeats[0] claims nothing'],
    [
      'an end before its begin',
      '{from: 2m, until: 1m, heartbeats: [{idle: true}]}',
      'lies.until must come after `from`',
    ],
    ['an unknown key', '{heartbeats: [{tokens: 5}]}', 'lies.heartbeats[0].tokens is not a known key'],
    [
      'an unknown state',
      '{heartbeats: [{slots: [{model: gpt-oss-20b, state: up}]}]}',
      'state must be one of `running`',
    ],
    [
      'an unknown build in a slot',
      '{heartbeats: [{idle: true}, {slots: [{model: gpt-oss-21b}]}]}',
      'lies.heartbeats[1].slots[0].model `gpt-oss-21b` is not among `models`; did you mean `gpt-oss-20b`?',
    ],
    [
      'an unknown active model',
      '{heartbeats: [{active_model: x}]}',
      'lies.heartbeats[0].active_model `x` is not among',
    ],
    ['an unknown offer', '{registers: {advertises: [x]}}', 'lies.registers.advertises[0] `x` is not among `models`'],
  ])('are refused with %s', async (_, text, message) => {
    expect((await problems(lies(text))).join('\n')).toContain(message)
  })
})

describe('an update', () => {
  it('may bring another version and number of slots', async () => {
    const { scenario } = await loaded(update('{machines: [mac-1], version: 0.7.0, max_model_slots: 1}'))
    expect(scenario.timeline[0]!.action).toMatchObject({ kind: 'update', to: { version: '0.7.0', maxModelSlots: 1 } })
  })

  it('brings no Mac without a slot', async () => {
    expect((await problems(update('{fraction: 10%, max_model_slots: 0}'))).join('\n')).toContain(
      'update.max_model_slots',
    )
  })
})
