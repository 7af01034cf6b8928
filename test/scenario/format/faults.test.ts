/** Faults as a scenario names them: in the timeline, and as churn of a fleet entry. */
import { describe, expect, it } from 'vitest'
import { scenarioJsonSchema } from '../../../sim/scenario/index.ts'
import { GOOD, loaded, problems } from '../world.ts'

const timeline = (entries: string): string => `${GOOD}timeline:\n${entries}`
const churn = (text: string): string => GOOD.replace('  - count: 2\n', `  - count: 2\n    churn: ${text}\n`)

describe('the timeline', () => {
  it('reads every kind of fault', async () => {
    const { scenario } = await loaded(
      timeline(
        [
          '{at: 1s, crash: {fraction: 10%}}',
          '{at: 2s, sleep: {machines: [mac-1], for: 20m}}',
          '{at: 3s, disconnect: {machines: [mac-1]}}',
          '{at: 4s, slow: {machines: [mac-2], speed: 20%, for: 5m}}',
          '{at: 5s, stall: {fraction: 50%, for: 90s}}',
          '{at: 6s, silence: {fraction: 50%, for: 90s}}',
          '{at: 7s, update: {machines: [mac-1, mac-2]}}',
        ]
          .map((entry) => `  - ${entry}\n`)
          .join(''),
      ),
    )
    expect(scenario.timeline.map(({ action }) => action)).toEqual([
      { kind: 'crash', fraction: 0.1 },
      { kind: 'sleep', machines: ['mac-1'], lasts: 1_200e6 },
      { kind: 'disconnect', machines: ['mac-1'] },
      { kind: 'slow', machines: ['mac-2'], speed: 0.2, lasts: 300e6 },
      { kind: 'stall', fraction: 0.5, lasts: 90e6 },
      { kind: 'silence', fraction: 0.5, lasts: 90e6 },
      { kind: 'update', machines: ['mac-1', 'mac-2'], to: { version: undefined, maxModelSlots: undefined } },
    ])
  })

  it.each([
    ['nobody to strike', '{at: 1s, crash: {}}', 'crash needs either `fraction` or `machines`'],
    [
      'a share and names',
      '{at: 1s, update: {fraction: 10%, machines: [mac-1]}}',
      'update needs either `fraction` or `machines`',
    ],
    ['a Mac that does not exist', '{at: 1s, stall: {machines: [mac-3], for: 1s}}', '`mac-3` is no Mac of the fleet'],
    ['sleep without an end', '{at: 1s, sleep: {fraction: 10%}}', 'sleep.for is missing'],
    ['a GPU with no speed', '{at: 1s, slow: {fraction: 10%, for: 1s, speed: 0%}}', 'slow.speed must be at least 1%'],
    ['a misspelt key', '{at: 1s, crash: {fractoin: 10%}}', 'did you mean `fraction`?'],
    ['a misspelt fault', '{at: 1s, crush: {fraction: 10%}}', 'did you mean `crash`?'],
  ])('is refused with %s', async (_, entry, message) => {
    expect((await problems(timeline(`  - ${entry}\n`))).join('\n')).toContain(message)
  })
})

describe('churn', () => {
  it('takes any of its parts alone', async () => {
    const { scenario } = await loaded(
      churn('{crashes: 48h, sleeps: {every: 8h, for: 20m}, slow: {every: 4h, for: 10m, speed: 20%}, updates: 24h}'),
    )
    expect(scenario.machines[0]!.churn).toEqual({
      crashes: 172_800e6,
      sleeps: { every: 28_800e6, for: 1_200e6 },
      slow: { every: 14_400e6, for: 600e6, speed: 0.2 },
      updates: 86_400e6,
    })
    expect((await loaded(churn('{stalls: {every: 8h, for: 20m}, drops: 6h}'))).scenario.machines).toHaveLength(2)
  })

  it('wants a session and an absence together', async () => {
    expect((await problems(churn('{session: 8h}'))).join()).toContain('churn needs `session` and `away` together')
    expect((await problems(churn('{away: 8h, drops: 6h}'))).join()).toContain('needs `session` and `away` together')
  })
})

/** Keys of the schema, at any depth, that say nothing about themselves. */
function undescribed(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties } = schema as { properties?: { readonly [key: string]: object } }
  const silent: string[] = []
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (!('description' in value)) silent.push(`${path}.${key}`)
    silent.push(...undescribed(value, `${path}.${key}`))
  }
  return silent
}

describe('the JSON Schema', () => {
  it('describes every key of timeline entries, churn and network', () => {
    const { properties } = scenarioJsonSchema() as { properties: { readonly [key: string]: { items?: object } } }
    const fleet = properties['fleet']!.items as { properties: { readonly churn: object } }
    const entry = properties['timeline']!.items as { properties: { readonly [key: string]: object } }
    expect(Object.keys(entry.properties)).toEqual(expect.arrayContaining(['crash', 'sleep', 'slow', 'stall', 'update']))
    const { set: _set, set_alias: _alias, ...faults } = entry.properties
    expect(undescribed({ properties: faults }, 'timeline')).toEqual([])
    expect(undescribed(fleet.properties.churn, 'churn')).toEqual([])
    expect(undescribed(properties['network'], 'network')).toEqual([])
  })
})
