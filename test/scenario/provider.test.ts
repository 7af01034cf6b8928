/** Attributes of providers and what attestation does to them, as a scenario names them. */
import { describe, expect, it } from 'vitest'
import { GOOD, loaded, problems } from './world.ts'

const entry = (keys: string): string => GOOD.replace('  - count: 2\n', `  - count: 2\n    ${keys}\n`)
const timeline = (text: string): string => `${GOOD}timeline:\n  - ${text}\n`
const FLEET_AT = 's.yaml:9'

describe('a fleet entry', () => {
  it('is a good provider if it says nothing', async () => {
    const { scenario } = await loaded(GOOD)
    expect(scenario.machines[0]!.provider).toEqual({
      trust: 'hardware',
      runtime_verified: true,
      private_text: true,
      private_only: false,
      account: '',
      answers_challenges: true,
      template_broken: [],
      registered: {},
      legacy: false,
      disk: [],
      weight_hashes: {},
    })
    expect(scenario.machines[0]!.disk).toEqual([])
  })

  it('says what it is like otherwise', async () => {
    const keys = [
      'trust: self_signed',
      'runtime_verified: false',
      'private_text: false',
      'private_only: true',
      'account: alice',
      'answers_challenges: false',
      'template_broken: [gpt-oss-20b]',
      'registered: {decode_tps: 80, prefill_tps: 900}',
      'legacy: true',
      'weight_hashes: {gpt-oss-20b: beef}',
      'joins: 5m',
    ]
    const { scenario } = await loaded(entry(keys.join('\n    ')))
    expect(scenario.machines[1]!.provider).toEqual({
      trust: 'self_signed',
      runtime_verified: false,
      private_text: false,
      private_only: true,
      account: 'alice',
      answers_challenges: false,
      template_broken: ['gpt-oss-20b'],
      registered: { decode_tps: 80, prefill_tps: 900 },
      legacy: true,
      disk: [],
      weight_hashes: { 'gpt-oss-20b': 'beef' },
      joins: 300e6,
    })
  })

  it('may have builds on the disk that it does not offer', async () => {
    const text = GOOD.replace(
      '    advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]',
      '    advertises: [gpt-oss-20b]\n    disk: [gemma-4-26b-qat-4bit]',
    )
    const { scenario } = await loaded(text)
    expect(scenario.machines[0]!.disk.map(({ build }) => build)).toEqual(['gemma-4-26b-qat-4bit'])
  })

  it.each([
    [
      'an unknown build on the disk',
      'disk: [gpt-oss-21b]',
      `${FLEET_AT}:12 fleet[0].disk[0] \`gpt-oss-21b\` is not among \`models\`; did you mean \`gpt-oss-20b\`?`,
    ],
    [
      'a build on the disk that is offered anyway',
      'disk: [gpt-oss-20b]',
      `${FLEET_AT}:11 fleet[0].disk must not hold builds of \`advertises\`: those are on the disk anyway`,
    ],
    [
      'a broken template of an unknown build',
      'template_broken: [gpt-oss-21b]',
      `${FLEET_AT}:23 fleet[0].template_broken[0] \`gpt-oss-21b\` is not among \`models\`; did you mean \`gpt-oss-20b\`?`,
    ],
    [
      'weights of an unknown build',
      'weight_hashes: {gpt-oss-21b: beef}',
      `${FLEET_AT}:21 fleet[0].weight_hashes.gpt-oss-21b \`gpt-oss-21b\` is not among \`models\`; did you mean \`gpt-oss-20b\`?`,
    ],
    [
      'a benchmark of nothing',
      'registered: {decode_tps: 0}',
      `${FLEET_AT}:30 fleet[0].registered.decode_tps must be from 0.001 to 1000000, not \`0\``,
    ],
    ['a Mac that comes after the end', 'joins: 11m', `${FLEET_AT}:12 fleet[0].joins comes after the end of the run`],
    [
      'trust of an unknown kind',
      'trust: hard',
      `${FLEET_AT}:12 fleet[0].trust must be one of \`none\`, \`self_signed\`, \`hardware\`, not \`hard\``,
    ],
  ])('is refused with %s', async (_, keys, message) => {
    expect(await problems(entry(keys))).toEqual([message])
  })
})

describe('the timeline', () => {
  it('takes attestation away, changes trust and has Macs register anew', async () => {
    const { scenario } = await loaded(
      `${GOOD}timeline:
  - {at: 1s, attestation_outage: {fraction: 50%, for: 20m}}
  - {at: 2s, trust: {machines: [mac-1], level: untrusted}}
  - {at: 3s, register: {machines: [mac-2, mac-1], first_heartbeat_after: 30s}}
`,
    )
    expect(scenario.timeline.map(({ action }) => action)).toEqual([
      { kind: 'attestation_outage', fraction: 0.5, lasts: 1_200e6 },
      { kind: 'trust', machines: ['mac-1'], level: 'untrusted' },
      { kind: 'register', machines: ['mac-2', 'mac-1'], firstBeatAfter: 30e6 },
    ])
  })

  it.each([
    ['no end of an outage', '{at: 1s, attestation_outage: {fraction: 10%}}', 'attestation_outage.for is missing'],
    ['a verdict on nobody', '{at: 1s, trust: {level: none}}', 'trust needs either `fraction` or `machines`'],
    ['no verdict', '{at: 1s, trust: {fraction: 10%}}', 'trust.level is missing'],
    [
      'an unknown verdict',
      '{at: 1s, trust: {fraction: 10%, level: bad}}',
      'trust.level must be one of `none`, `self_signed`, `hardware`, `untrusted`, not `bad`',
    ],
    ['an unknown Mac', '{at: 1s, register: {machines: [mac-9]}}', '`mac-9` is no Mac of the fleet'],
  ])('is refused with %s', async (_, text, message) => {
    expect((await problems(timeline(text))).join('\n')).toContain(message)
  })
})

it('a model may pin what its files hash to', async () => {
  const text = GOOD.replace(
    'models: [gpt-oss-20b,',
    'models: [{build: gpt-oss-20b, like: gpt-oss-20b, weight_hash: beef},',
  )
  expect((await loaded(text)).scenario.weightHashes).toEqual({ 'gpt-oss-20b': 'beef' })
})
