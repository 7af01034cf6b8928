/** Written states from text: what is taken, and that every mistake is one message with its file and line. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../sim/base/result.ts'
import { readStates } from '../../../sim/lab/decide/decide-source.ts'

const machine = {
  serial: 'S0',
  version: '0.7.0',
  chip_family: 'M4',
  memory_gb: 64,
  memory_bandwidth_gbs: 400,
  models: [{ build: 'gpt-oss-20b' }],
}
const catalog = [{ build: 'gpt-oss-20b' }, { build: 'gemma-4-26b' }]
const state = (more: object = {}) => ({
  format: 'fleetlab.decide/1',
  id: 'one',
  catalog,
  machines: [machine],
  requests: [{ build: 'gpt-oss-20b' }],
  ...more,
})
const line = (more: object = {}) => JSON.stringify(state(more))
const pretty = (more: object = {}) => JSON.stringify(state(more), null, 1)

/** The one message. */
function problem(name: string, text: string, settings: readonly string[] = []): string {
  const read = readStates(name, text, settings)
  if (read.ok) throw new Error('was taken')
  expect(read.error).toHaveLength(1)
  return formatProblem(read.error[0]!)
}

const columnOf = (text: string) => Number(/^a\.json:1:(\d+) /.exec(problem('a.json', text))![1])

function states(name: string, text: string, settings: readonly string[] = []) {
  const read = readStates(name, text, settings)
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'))
  return read.value
}

describe('is read', () => {
  it('one document, over as many lines as it takes', () => {
    expect(states('a.json', pretty()).map(({ document, line: at }) => [document.id, at])).toEqual([['one', 1]])
    expect(states('<stdin>', pretty())).toHaveLength(1)
  })

  it('one document a line, blank lines and a byte-order mark aside', () => {
    const text = `\uFEFF${line()}\n\n${line({ id: 'two' })}\n`
    for (const name of ['a.jsonl', 'a.jsonl.gz', '<stdin>', 'a.json']) {
      expect(states(name, text).map(({ document, line: at }) => [document.id, at])).toEqual([
        ['one', 1],
        ['two', 3],
      ])
    }
  })

  it('its settings stand over the preset of 21 June, and those of the command line over them', () => {
    const written = line({ settings: { MIN_DECODE_TPS: 20 } })
    const [plain] = states('a.json', written)
    expect(plain!.settings).toMatchObject({ MIN_DECODE_TPS: 20, QUALITY_CONCURRENCY_CAP: true, PROMPT_CALIBRATION: {} })
    const [set] = states('a.json', written, ['coordinator.MIN_DECODE_TPS=0', 'QUEUE_SIZE=3'])
    expect(set!.settings).toMatchObject({ MIN_DECODE_TPS: 0, QUEUE_MAX_DEPTH: 3 })
  })

  it('without a catalogue, any build that was answered about', () => {
    const asked = { catalog: null, requests: [{ build: 'unheard-of' }] }
    expect(problem('a.json', line(asked))).toContain('requests[0].build is `unheard-of`')
    const figures = { candidates: 0, capacity: 0, too_large: 0, best_ttft_ms: null }
    const gates = { passes_gates: false, passes_gates_but_breaker: false, verdict: null, cost: null }
    const answer = {
      preflight: figures,
      machines: [{ ...gates, effective_cap: null, projected_decode_tps: null }],
      selection: { ...figures, vision: 0, ttft: 0, winners: [] },
      probes: { vision: false, tools: false },
      cold_spill_machines: 0,
      warm: [],
      swap_candidates: [],
      resolve: {},
    }
    expect(states('a.json', line({ ...asked, answers: [answer] }))).toHaveLength(1)
  })
})

describe('one message with file and line', () => {
  const cases: readonly (readonly [what: string, name: string, text: string, message: string])[] = [
    ['an empty file', 'a.json', '', 'a.json:1 is empty; it must hold states of format fleetlab.decide/1'],
    ['blank lines', 'a.jsonl', '\n \n', 'a.jsonl:1 is empty; it must hold states of format fleetlab.decide/1'],
    [
      'half a line',
      'a.jsonl',
      `${line()}\n${line().slice(0, 40)}`,
      'a.jsonl:2 is not valid JSON: it ends in the middle of a value',
    ],
    ['no JSON at all', 'a.json', 'hello', 'a.json:1 is not valid JSON: `hello` cannot stand here'],
    ['a slip in the middle', 'a.json', '{\n "id": nul,\n}', 'a.json:2 is not valid JSON: `,` cannot stand here'],
    ['a text over two lines', 'a.json', '{"id": "a\nb"}', 'a.json:1 is not valid JSON: a line break cannot stand here'],
    ['a list', 'a.json', '[1]', 'a.json:1 must be a map, not a list'],
    ['another format', 'a.json', line({ format: 'x/1' }), 'a.json:1 format must be `fleetlab.decide/1`, not `x/1`'],
    [
      'an unknown key',
      'a.json',
      pretty({ machnes: [] }),
      'a.json:31 machnes is not a known key; did you mean `machines`?',
    ],
    [
      'an unknown key deep in a state of many',
      'a.jsonl',
      `${line()}\n${line({ machines: [{ ...machine, heartbeats: [{ capacity: { total_memory_gb: 1, slotz: [] } }] }] })}`,
      'a.jsonl:2 machines[0].heartbeats[0].capacity.slotz is not a known key; did you mean `slots`?',
    ],
    [
      'a machine out of range',
      'a.json',
      line({ requests: [{ build: 'gpt-oss-20b', excluded: [0, 1] }] }),
      'a.json:1 requests[0].excluded[1] must be a machine of the state, not 1; machines count from 0 to 0',
    ],
    [
      'a reservation out of range',
      'a.json',
      line({ machines: [], requests: [{ build: 'gpt-oss-20b', reserved: 0 }] }),
      'a.json:1 requests[0].reserved must be a machine of the state, not 0; there are no machines',
    ],
    [
      'a prompt of less than nothing',
      'a.json',
      line({ requests: [{ build: 'gpt-oss-20b', prompt_tokens: -5 }] }),
      'a.json:1 requests[0].prompt_tokens must be at least 0, not `-5`',
    ],
    [
      'half a token',
      'a.json',
      line({ requests: [{ build: 'gpt-oss-20b', prompt_tokens: 1.5 }] }),
      'a.json:1 requests[0].prompt_tokens must be a whole number, not `1.5`',
    ],
    [
      'half a token of a pending request',
      'a.json',
      line({ machines: [{ ...machine, pending: [{ build: 'gpt-oss-20b', max_tokens: 0.5 }] }] }),
      'a.json:1 machines[0].pending[0].max_tokens must be a whole number, not `0.5`',
    ],
    [
      'a serial twice',
      'a.json',
      line({ machines: [machine, { ...machine, serial: 'S1' }, machine] }),
      'a.json:1 machines[2].serial is `S0`, which machine 0 has already',
    ],
    [
      'a build that no machine has',
      'a.json',
      line({ requests: [{ build: 'gpt-oss-21b' }] }),
      'a.json:1 requests[0].build is `gpt-oss-21b`, which no machine has and neither catalogue nor aliases name; did you mean `gpt-oss-20b`?',
    ],
    [
      'an alias for a build',
      'a.json',
      line({ aliases: [{ name: 'oss', desired: 'gpt-oss-20b' }], requests: [{ build: 'oss' }] }),
      'a.json:1 requests[0].build is `oss`, an alias of `gpt-oss-20b`; a state asks for builds',
    ],
    [
      'a name that would act on the terminal',
      'a.json',
      line({ machines: [{ ...machine, serial: 'S0\u001B[31m' }] }),
      'a.json:1 machines[0].serial holds the character U+001B, which is no text',
    ],
    [
      'a key that would, wherever keys are free',
      'a.json',
      line({ settings: { MODEL_SOLO_TPS_SEED: { 'a\nb': 3 } } }),
      'a.json:1 settings.MODEL_SOLO_TPS_SEED holds the character U+000A, which is no text',
    ],
    [
      'an unknown setting',
      'a.json',
      line({ settings: { MIN_DECODE_TSP: 1 } }),
      'a.json:1 settings.MIN_DECODE_TSP is not a known key; did you mean `MIN_DECODE_TPS`?',
    ],
    [
      'answers that are not one per request',
      'a.json',
      line({ answers: [] }),
      'a.json:1 answers must be one per request: 1, not 0',
    ],
    [
      'events out of order',
      'a.json',
      line({
        events: [
          { at_s: 5, kind: 'tick' },
          { at_s: 4, kind: 'tick' },
        ],
      }),
      'a.json:1 events[1].at_s must not be before the event above it, at 5',
    ],
    [
      'an event of nothing',
      'a.json',
      line({ events: [{ at_s: 5, kind: 'queue' }] }),
      'a.json:1 events[0].build must name a build: only a tick is of none',
    ],
  ]
  it.each(cases)('%s', (_, name, text, message) => {
    expect(problem(name, text).replace(/^(a\.jsonl?:\d+):\d+/, '$1')).toBe(message)
  })

  it('points at the column of the key or value', () => {
    const range = line({ requests: [{ build: 'gpt-oss-20b', affinity: 7 }] })
    expect(columnOf(range)).toBe(range.indexOf('7}') + 1)
    const key = line({ machnes: [] })
    expect(columnOf(key)).toBe(key.indexOf('"machnes"') + 1)
    const setting = line({ settings: { MIN_DECODE_TPS: 'fast' } })
    expect(columnOf(setting)).toBe(setting.indexOf('"fast"') + 1)
    const half = line().slice(0, 100)
    expect(columnOf(half)).toBe(101)
  })

  it('a setting of the command line that is not the coordinator’s, or not known', () => {
    expect(problem('a.json', line(), ['duration=3m'])).toBe(
      '--set duration=3m duration leads outside the coordinator, which is all that a state has settings of',
    )
    expect(problem('a.json', line(), ['coordinator.QUEUE_SIZ=3'])).toBe(
      '--set coordinator.QUEUE_SIZ=3 coordinator.QUEUE_SIZ is not a known key; did you mean `QUEUE_SIZE`?',
    )
  })
})
