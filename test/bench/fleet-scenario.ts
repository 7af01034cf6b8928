/**
 * The headline's fleet and demand at any size, as scenario text: Macs in the same proportions, requests in proportion to
 * the Macs, everybody warm from the start, so that the first minute measures what the last one does.
 */
import { readFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'

export interface FleetSpec {
  readonly macs: number
  /** Demand lasts this long; the drain comes on top. */
  readonly seconds: number
  /** Times the recorded rate per 60 Macs. */
  readonly load: number
  /** Copies of each of the two models under other names: 1 = the two alone. */
  readonly copies?: number
  /** Factor on every answer's length; 1 = as recorded. */
  readonly answer_factor?: number
  readonly heartbeat_s?: number
}

interface FleetEntry {
  readonly count: number
  readonly machine: { readonly memory: string }
  readonly advertises: readonly string[]
}

const HEADLINE = 'scenarios/headline/gpt-oss-vs-gemma.yaml'
const HEADLINE_MACS = 60
/** Gemma's share of the Macs that start with it; its requests are 17 % and dearer. */
const GEMMA_SHARE = 0.3

/** Whole numbers in the proportions of `weights` that add up to `total`: largest remainders first. */
function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const exact = weights.map((weight) => (weight * total) / sum)
  const whole = exact.map(Math.floor)
  const order = exact.map((value, i) => ({ i, rest: value - Math.floor(value) })).sort((a, b) => b.rest - a.rest)
  const left = total - whole.reduce((all, count) => all + count, 0)
  for (const { i } of order.slice(0, left)) whole[i]! += 1
  return whole
}

export async function fleetScenario(spec: FleetSpec): Promise<string> {
  const { macs, seconds, load, heartbeat_s } = spec
  const headline = parse(await readFile(HEADLINE, 'utf8')) as { readonly fleet: readonly FleetEntry[] }
  const counts = apportion(
    headline.fleet.map(({ count }) => count),
    macs,
  )
  const fleet = headline.fleet.flatMap((entry, i) => {
    const count = counts[i]!
    if (count === 0) return []
    // Machines below 48 GB hold one of the two at a time; GPT-OSS fits all of them.
    const gemma = parseFloat(entry.machine.memory) >= 48 ? Math.round(count * GEMMA_SHARE * 1.6) : 0
    return [
      { ...entry, count: gemma, resident: ['gemma-4-26b-qat-4bit'] },
      { ...entry, count: count - gemma, resident: ['gpt-oss-20b'] },
    ].filter((part) => part.count > 0)
  })
  return stringify({
    extends: 'gpt-oss-vs-gemma.yaml',
    name: `bench-${macs}`,
    duration: `${seconds}s`,
    warmup: '0s',
    expect: [],
    fleet,
    demand: [
      {
        arrivals: { trace: '../traces/azure_conv_2023.csv', load: (load * macs) / HEADLINE_MACS },
        mix: { 'gpt-oss-20b': '83%', 'gemma-4-26b': '17%' },
        lengths: { from: 'trace' },
        max_tokens: 1024,
        traits: { tools: '0%', vision: '0%', stream: '100%' },
      },
    ],
    ...(heartbeat_s === undefined ? {} : { mac: { heartbeat_interval: `${heartbeat_s}s` } }),
  })
}
