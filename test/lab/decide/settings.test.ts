/** The list of settings says of each what it is, who says so, and what is missing. */
import { describe, expect, it } from 'vitest'
import { settingsList } from '../../../sim/lab/decide/settings.ts'
import { formatSettings } from '../../../sim/report/text/inputs/settings-text.ts'
import { coordinatorSettingsSchema, PRESET_NAMES, PRESETS, withPreset } from '../../../sim/coordinator/config.ts'

function listOf(names: readonly string[] = [], preset?: string) {
  const list = settingsList({ preset, names })
  if (!list.ok) throw new Error(list.error.map(({ message }) => message).join('\n'))
  return list.value
}

const refusal = (names: readonly string[], preset?: string): readonly string[] => {
  const list = settingsList({ preset, names })
  return list.ok ? [] : list.error.map(({ message }) => message)
}

describe('the list of settings', () => {
  it('holds every key of the schema but the preset, each with a meaning, a source and a value per preset', () => {
    const { settings } = listOf()
    const { preset: _, ...keys } = coordinatorSettingsSchema.shape
    expect(settings.map(({ name }) => name).toSorted()).toEqual(Object.keys(keys).toSorted())
    for (const { name, meaning, source, presets } of settings) {
      expect([name, meaning, source]).toEqual([name, expect.stringMatching(/\w/), expect.stringMatching(/\w/)])
      expect([name, Object.keys(presets)]).toEqual([name, PRESET_NAMES])
    }
  })

  it('gives values as a scenario may write them: together they are the preset', () => {
    for (const preset of PRESET_NAMES) {
      const written = listOf().settings.map(({ name, presets }) => [name, presets[preset]!.value])
      const parsed = coordinatorSettingsSchema.parse({ preset, ...Object.fromEntries(written) })
      expect(parsed).toEqual(coordinatorSettingsSchema.parse(withPreset({ preset })))
    }
  })

  it('finds a setting by any spelling, its value under a preset and the line that says so', () => {
    const [wait, ...none] = listOf(['EIGENINFERENCE_QUEUE_MAX_WAIT'], 'production-2026-08').settings
    expect(none).toEqual([])
    expect(wait).toMatchObject({
      name: 'QUEUE_MAX_WAIT',
      environment: 'EIGENINFERENCE_QUEUE_MAX_WAIT',
      default: '120s',
      presets: { '2026-08': { value: '6s', source: 'deploy/environments/prod.env' } },
    })
    expect(listOf(['QUEUE_SIZE']).settings.map(({ name }) => name)).toEqual(['QUEUE_MAX_DEPTH'])
    expect(listOf(['HEALTH_EJECTION'])).toMatchObject({ settings: [], not_modelled: [{ true_here: [false] }] })
  })

  it('says that a name is none, and which was meant', () => {
    expect(refusal(['EIGENINFERENCE_QUEUE_MAX_WAT'])).toEqual([
      '`EIGENINFERENCE_QUEUE_MAX_WAT` is no setting; did you mean `QUEUE_MAX_WAIT`?',
    ])
    expect(refusal(['CONCURRENCY_OVERCOMMIT'])[0]).toMatch(/did you mean `QUALITY_CONCURRENCY_OVERCOMMIT` or /)
    expect(refusal([], 'main-2026-06-22')).toEqual([
      '--preset: `main-2026-06-22` is no preset; did you mean `main-2026-06-21`?',
    ])
  })
})

/** As the list heads them; none had another name. */
const head = (preset: keyof typeof PRESETS): string => `preset ${preset}  ${PRESETS[preset].about}`
const REGIMES_BEFORE = (['2026-06-17-hard-x4', '2026-06-17-soft'] as const).map(head)
const REGIMES_OF_SUMMER = (['2026-06-27-hard-x12', '2026-07-06', '2026-07-25'] as const).map(head)

describe('the list as text', () => {
  it('shows the default, the presets that differ, the source, and what is not here', () => {
    expect(formatSettings(listOf(['MODEL_SOLO_TPS_SEED', 'QUEUE_MAX_DEPTH', 'HEALTH_EJECTION'])).split('\n')).toEqual([
      ...REGIMES_BEFORE,
      'preset 2026-06-20  the tree that PR 432 was written against; the defaults',
      '  also: pr-432-base',
      'preset 2026-06-21  main a day later: dedicated family, quality cap, three failures for lack of room end a request',
      '  also: main-2026-06-21',
      ...REGIMES_OF_SUMMER,
      'preset 2026-08  what operators ran in July to September, as far as it is published and modelled',
      '  also: production-2026-08',
      '',
      'rules that came after the tree of PR 432',
      'MODEL_SOLO_TPS_SEED  none · 2026-07-25, 2026-08: gemma-4-26b-qat-4bit=14,gemma-4-26b-qat-4bit@M4 Max=70,gpt-oss-20b=30,gpt-oss-20b@M4 Max=70',
      '  Decode rate of a lone request for that cap, tokens/s, by build or by `build@M4 Max` (`build@M4|Max` in an',
      '  environment).',
      '  source: registry/concurrency_cap.go; PR 524 of July; 2026-07-25, 2026-08: deploy/environments/prod.env',
      '  not here: A seed for the whole build is not lowered to the slowest class that has one of its own.',
      '',
      'queue',
      'QUEUE_MAX_DEPTH  10 · 2026-07-25, 2026-08: 8',
      '  Requests that may wait per build.',
      '  source: registry/queue.go: a constant of 10 in June, read from July on; 32 unless set; 2026-07-25, 2026-08:',
      '  deploy/environments/prod.env',
      '  also: QUEUE_SIZE',
      '',
      'settings of the real coordinator that the lab does not model',
      'HEALTH_EJECTION  may be given as false',
      '  machines that fail too often are left out for a while',
      '  source: off in June, on in production later',
      '',
      'Any but those named here may carry the prefix EIGENINFERENCE_, and its value the form of an environment file:',
      '1, 15, a,b or a=1,b=2.',
    ])
  })

  it('marks what only the lab calls so, and shows a changed value beside the default under one preset', () => {
    const text = formatSettings(listOf(['BATCH_SLOWDOWN'], '2026-08'))
    expect(text).toContain('BATCH_SLOWDOWN (named here)  0.39 (default 0.27)\n')
  })
})
