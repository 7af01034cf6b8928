/** What `--explain` prints: every step an operator knows, by the machine's serial, within the width of a terminal. */
import { describe, expect, it } from 'vitest'
import type { RequestId } from '../../../sim/base/ids.ts'
import { macStory } from '../../../sim/lab/story/mac-story.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { formatExplanation } from '../../../sim/report/explain/explain.ts'
import { simulate } from '../../../sim/simulation.ts'
import type { ArrivedRow, TraceRow } from '../../../sim/trace/row.ts'
import { loaded } from '../../simulation/world.ts'

const WIDTH = 120

async function story(scenario: string, request: number, policyName = 'open'): Promise<string> {
  const macs = macStory(request)
  const arrivals: ArrivedRow[] = []
  const observe = (row: TraceRow): void => {
    macs.observe(row)
    if (row.kind === 'arrived') arrivals.push({ ...row })
  }
  const { explanation } = await simulate({
    scenario: await loaded(scenario),
    policy: findPolicy(policyName)!,
    policyName,
    seed: 1,
    explain: { request: request as RequestId },
    subscribers: [observe],
  })
  const text = formatExplanation({ arrived: arrivals[request]!, notes: explanation!, macs: macs.events })
  for (const line of text.split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(WIDTH)
  return text
}

const FLEET = `
name: told
duration: 2m
models: [gpt-oss-20b, gemma-4-26b-qat-4bit, gemma-4-26b-8bit]
aliases: {gemma-4-26b: {desired: gemma-4-26b-8bit, previous: gemma-4-26b-qat-4bit}}
fleet:
  - {id: mac-a, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]}
  - {id: mac-b, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}
`
const ask = (requests: string, rest = '') => `
demand:
  - requests: [${requests}]
    patience: {enabled: false}
${rest}`
const ONE = '{at: 30s, model: gpt-oss-20b, prompt: 200, max_tokens: 100, output: 20}'
const ALIAS = '{at: 30s, model: gemma-4-26b, prompt: 200, max_tokens: 100, output: 20}'

describe('the story of a request', () => {
  it('names what the alias stands for, the drops, the reservation, the load and the answer', async () => {
    const text = await story(FLEET + ask(ALIAS), 0, 'pools-afe8135')
    const steps = [
      /alias gemma-4-26b: the desired build is routable nowhere, the previous one gemma-4-26b-qat-4bit is/,
      /preflight of gemma-4-26b-qat-4bit: admitted/,
      /selection of gemma-4-26b-qat-4bit: selected/,
      /second look: passed; reserved \d+ prompt \+ 100 max tokens on mac-a/,
      /mac-b +catalog +It does not advertise gemma-4-26b-qat-4bit\./,
      /attempt 0 sent to mac-a for gemma-4-26b-qat-4bit/,
      /attempt 0: mac-a accepted it/,
      /mac-a: starts to load gemma-4-26b-qat-4bit, by demand/,
      /mac-a: gemma-4-26b-qat-4bit is loaded, after/,
      /the client has its first token/,
      /mac-a: attempt 0 finished: received \+/,
      /answered completely: 20 tokens/,
    ]
    for (const step of steps) expect(text).toMatch(step)
    expect(text).not.toContain('provider 0')
  })

  it('shows a label that a question moved', async () => {
    const text = await story(FLEET + ask(ONE.replace('}', ', serial: mac-a}')), 0, 'pools-afe8135')
    expect(text).toMatch(/mac-a moves from gemma-4-26b-qat-4bit to gpt-oss-20b, asked by preflight/)
    expect(text).toMatch(/mac-b +not_listed +The request may only be served by mac-a\./)
  })

  it('shows the cost term by term, the tie window and the draw', async () => {
    const text = await story(FLEET + ask(ONE), 0)
    expect(text).toMatch(/provider +verdict +state +request +health +\S?= cost +TTFT +eff_queue +eff_tps/)
    expect(text).toContain('near ties (~ =, within 3 s of the cheapest): 2; least loaded of them (=): 2')
    expect(text).toMatch(/draw: 0\.\d{4}, number [12] of the 2 equals: mac-[ab]/)
    expect(text).toMatch(/= winner/)
    expect(text).toMatch(/= lost_tie .* lost draw/)
  })

  it('shows an answer of 429 with the gate that every machine failed and Retry-After', async () => {
    const pinned = `{at: 10s, model: gpt-oss-20b, prompt: 200, max_tokens: 800, output: 800, serial: mac-a}, ${ALIAS}`
    const text = await story(FLEET + ask(pinned), 1, 'pools-1a5822c')
    expect(text).toMatch(/mac-a +pool +The pool policy refuses it for gemma-4-26b-qat-4bit: /)
    expect(text).toMatch(/answered 429 pool_exhausted, Retry-After \d+ s/)
  })

  it('shows a machine lost to the second look, the wait in the queue and the drain', async () => {
    const scenario = `
name: lost
duration: 2m
models: [gpt-oss-20b]
fleet: [{id: mac-a, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b], resident: [gpt-oss-20b]}]
mac: {max_rows: 1}
${ask(`${ONE}, ${ONE.replace('30s', '30.001s')}`)}`
    const text = await story(scenario, 1)
    expect(text).toMatch(/mac-a was chosen, but did not pass the second look when it was to be reserved\. No room/)
    expect(text).toContain('second look: lost at headroom')
    expect(text).toMatch(/mac-a += lost/)
    expect(text).toContain('queued for gpt-oss-20b, 1 in the queue')
    expect(text).toMatch(/queue drain of gpt-oss-20b: selected/)
    expect(text).toMatch(/left the queue for gpt-oss-20b after \d+\.\d+ s: assigned/)
  })

  it('shows both builds of an alias when the request falls back to the previous one', async () => {
    const scenario = `
name: falls back
duration: 2m
models: [gpt-oss-20b, gemma-4-26b-qat-4bit]
aliases: {chat: {desired: gpt-oss-20b, previous: gemma-4-26b-qat-4bit}}
fleet:
  - {id: mac-a, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b], resident: [gpt-oss-20b]}
  - {id: mac-b, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gemma-4-26b-qat-4bit]}
mac: {max_rows: 1}
${ask(`${ONE}, ${ONE.replace('30s, model: gpt-oss-20b', '30.1s, model: chat')}`)}`
    const text = await story(scenario, 1)
    expect(text).toContain('alias chat: its desired build gpt-oss-20b is routable')
    expect(text).toMatch(/falls back from gpt-oss-20b to gemma-4-26b-qat-4bit: /)
    expect(text).toMatch(/gpt-oss-20b:\n +headroom 1: mac-a\n +catalog 1: mac-b\n/)
    expect(text).toMatch(/gemma-4-26b-qat-4bit:\n +catalog 1: mac-a\n +admitted 1: mac-b\n/)
    expect(text).toMatch(/attempt 0 sent to mac-b for gemma-4-26b-qat-4bit/)
  })

  it('shows the machine that served the conversation before', async () => {
    const turn =
      '{at: 30s, model: gpt-oss-20b, prompt: 200, max_tokens: 100, output: 20, account: ann, cache_key: talk}'
    const text = await story(FLEET + ask(`${turn}, ${turn.replace('30s', '60s')}`), 1)
    expect(text).toMatch(
      /cache: mac-[ab] served this conversation, 1\.50 s off its cost; it is near, so it is taken \(S8\)/,
    )
  })

  it('shows the provider’s error and the next attempt with a table of its own', async () => {
    const broken = '\ntimeline:\n  - {at: 20s, broken: {machines: [mac-b], for: 1h}}\n'
    const text = await story(FLEET + ask(ONE, broken), 0)
    expect(text).toMatch(/attempt 0 on mac-b ended: error \d+/)
    expect(text).toMatch(/retry of gpt-oss-20b: selected/)
    expect(text).toMatch(/mac-b +excluded +It failed this request already, or is racing for it\./)
    expect(text).toMatch(/attempt 1 sent to mac-a/)
  })
})
