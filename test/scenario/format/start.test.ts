/** `start:` and what stands about it in a fleet entry: what it takes, and what is wrong with what it does not. */
import { describe, expect, it } from 'vitest'
import { GOOD, loaded, problems } from '../world.ts'

const start = (...entries: string[]): string => `${GOOD}start:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`
const entry = (more: string): string => GOOD.replace('  - count: 2\n', `  - count: 2\n    ${more}\n`)

describe('the start', () => {
  it('takes whatever a fleet entry says of a Mac, of Macs by memory, chip, serial and disk', async () => {
    const { scenario } = await loaded(
      start(
        '{groups: [{share: 40%, advertises: [gpt-oss-20b]}, {share: 60%, max_model_slots: 2, page_cache: [gpt-oss-20b]}]}',
        '{of: {memory_at_least: 36GB, memory_below: 65GB, chips: [M4 Max 40c], machines: [mac-1], has: [gpt-oss-20b]}, groups: [{count: 1, resident: [gpt-oss-20b]}]}',
        '{of: {advertises: [gpt-oss-20b]}, groups: [{share: 5%, standing: {broken: true, reconnects: 20s}}]}',
        '{groups: [{share: 50%, churn: {session: {median: 40m, sigma: 1}, away: 10m, at_start: by_chance}}]}',
        '{groups: [{share: 10%, answers_challenges: false}, {share: 10%, trust: none}, {share: 10%, version: 0.6.18}]}',
      ),
    )
    expect(scenario.start?.map(({ of }) => of)).toEqual([
      {},
      {
        memory_at_least: 36 * 2 ** 30,
        memory_below: 65 * 2 ** 30,
        chips: ['M4 Max 40c'],
        machines: ['mac-1'],
        has: ['gpt-oss-20b'],
      },
      { advertises: ['gpt-oss-20b'] },
      {},
      {},
    ])
    expect(scenario.start?.[2]?.groups).toEqual([{ share: 0.05, standing: { broken: true, reconnects: 20_000_000 } }])
    expect(scenario.start?.[3]?.groups[0]?.churn?.session).toEqual({ median: 2_400_000_000, sigma: 1 })
  })

  it('is no part of what identifies a scenario that has none', async () => {
    expect(Object.keys((await loaded(GOOD)).scenario)).not.toContain('start')
  })

  it.each([
    ['nothing to say', '{groups: [{share: 10%}]}', 'groups[0] says nothing of its Macs; it may say advertises, disk'],
    ['neither share nor count', '{groups: [{max_model_slots: 1}]}', 'needs either `share` or `count`'],
    ['a share and a count', '{groups: [{share: 1%, count: 1, max_model_slots: 1}]}', 'needs either `share` or `count`'],
    [
      'more than everybody',
      '{groups: [{share: 70%, max_model_slots: 1}, {share: 31%, max_model_slots: 2}]}',
      'groups must sum to at most 100%, and sums to 101%',
    ],
    ['more Macs than there are', '{groups: [{count: 3, max_model_slots: 1}]}', 'are of 3 Macs, and there are 2'],
    ['nobody', '{of: {memory_at_least: 128GB}, groups: [{count: 1, trust: none}]}', 'start[0].of is of no Mac'],
    [
      'a chip nobody has',
      '{of: {chips: [M4 Max]}, groups: [{count: 1, trust: none}]}',
      '`M4 Max` is no chip of the fleet',
    ],
    [
      'a Mac that is none',
      '{of: {machines: [mac-9]}, groups: [{count: 1, trust: none}]}',
      '`mac-9` is no Mac of the fleet',
    ],
    ['a build that is none', '{groups: [{count: 1, resident: [gpt-oss]}]}', '`gpt-oss` is not among `models`'],
    [
      'a resident build that is not offered',
      '{groups: [{count: 1, advertises: [gpt-oss-20b], resident: [gemma-4-26b-qat-4bit]}]}',
      'groups[0].resident must hold only builds of `advertises`',
    ],
    ['a misspelt key', '{groups: [{share: 1%, residnet: [gpt-oss-20b]}]}', 'did you mean `resident`?'],
    [
      'a misspelt filter',
      '{of: {memory: 64GB}, groups: [{share: 1%, trust: none}]}',
      'start[0].of.memory is not a known key',
    ],
    ['a join after the end', '{groups: [{count: 1, joins: 11m}]}', 'joins comes after the end of the run'],
  ])('is refused with %s', async (_, text, message) => {
    expect((await problems(start(text))).join('\n')).toContain(message)
  })
})

describe('a fleet entry', () => {
  it('takes standing faults, sessions of any spread, and a page cache', async () => {
    const { scenario } = await loaded(
      entry(
        'standing: {slow: 30%, after_update: {attestation_lost: 20%, for: 30m}}\n    churn: {session: 2h, away: {median: 5m, sigma: 0.5}}\n    page_cache: [gpt-oss-20b]',
      ),
    )
    expect(scenario.machines[0]).toMatchObject({
      standing: { slow: 0.3, after_update: { attestation_lost: 0.2, for: 1_800_000_000 } },
      churn: { session: 7_200_000_000, away: { median: 300_000_000, sigma: 0.5 } },
      pageCache: ['gpt-oss-20b'],
    })
  })

  it.each([
    ['standing: {}', 'standing says nothing'],
    ['standing: {broken: false}', 'standing.broken must be'],
    ['standing: {slow: 0%}', 'standing.slow must be at least 1%'],
    ['standing: {recconects: 20s}', 'did you mean `reconnects`?'],
    ['standing: {after_update: {for: 1h}}', 'standing.after_update.attestation_lost is missing'],
    ['churn: {session: {median: 1h}, away: 1m}', 'churn.session.sigma is missing'],
    ['churn: {drops: 1h, at_start: by_chance}', 'churn.at_start needs `session` and `away`'],
    ['page_cache: [gemma-4-26b-8bit]', 'page_cache must hold only builds of `advertises` or `disk`'],
  ])('is refused with %s', async (text, message) => {
    expect((await problems(entry(text))).join('\n')).toContain(message)
  })
})
