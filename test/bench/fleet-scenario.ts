/**
 * The headline's fleet and demand at any size, as scenario text: Macs in the same proportions, requests in proportion to
 * the Macs, everybody warm from the start, so that the first minute measures what the last one does.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parse, stringify } from 'yaml'

export interface FleetSpec {
  readonly macs: number
  /** Demand lasts this long; the drain comes on top. */
  readonly seconds: number
  /** Times the recorded rate per 60 Macs. */
  readonly load: number
  /** Copies of each of the two models under other names: 1 = the two alone. */
  readonly copies?: number
  /** Every answer has so many tokens, every prompt 500; absent: as recorded. */
  readonly answer_tokens?: number
  readonly heartbeat_s?: number
}

interface FleetEntry {
  readonly count: number
  readonly machine: { readonly memory: string }
  readonly advertises: readonly string[]
}

/** The recorded hour, by its name and by the one it has in trees of before. */
const HEADLINES = ['scenarios/headline/recorded-hour.yaml', 'scenarios/headline/gpt-oss-vs-gemma.yaml'] as const
const HEADLINE_MACS = 60
const GPT_OSS = 'gpt-oss-20b'
const GEMMA = 'gemma-4-26b-qat-4bit'
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

/** The first goes by the catalog's name. */
const copyOf = (build: string, copy: number): string => (copy === 0 ? build : `${build}-copy-${copy + 1}`)

/** Machines of one hardware that hold copies of one model, dealt out in turn; each has one pair of copies on its disk. */
function split(entry: FleetEntry, count: number, copies: number, resident: string): object[] {
  return Array.from({ length: copies }, (_, copy) => ({
    ...entry,
    count: Math.floor(count / copies) + (copy < count % copies ? 1 : 0),
    advertises: [copyOf(GPT_OSS, copy), copyOf(GEMMA, copy)],
    resident: [copyOf(resident, copy)],
  })).filter((part) => part.count > 0)
}

export async function fleetScenario(spec: FleetSpec): Promise<string> {
  const { macs, seconds, load, heartbeat_s, answer_tokens, copies = 1 } = spec
  const path = HEADLINES.find((each) => existsSync(each)) ?? HEADLINES[0]
  const headline = parse(await readFile(path, 'utf8')) as { readonly fleet: readonly FleetEntry[] }
  const counts = apportion(
    headline.fleet.map(({ count }) => count),
    macs,
  )
  const fleet = headline.fleet.flatMap((entry, i) => {
    const count = counts[i]!
    if (count === 0) return []
    // Machines below 48 GB hold one of the two at a time; GPT-OSS fits all of them.
    const gemma = parseFloat(entry.machine.memory) >= 48 ? Math.round(count * GEMMA_SHARE * 1.6) : 0
    return split(entry, gemma, copies, GEMMA).concat(split(entry, count - gemma, copies, GPT_OSS))
  })
  const names = Array.from({ length: copies }, (_, copy) => [copyOf(GPT_OSS, copy), copyOf(GEMMA, copy)] as const)
  return stringify({
    extends: basename(path),
    name: `bench-${macs}`,
    duration: `${seconds}s`,
    warmup: '0s',
    expect: [],
    models: names.flatMap(([gptOss, gemma], copy) => [
      copy === 0 ? gptOss : { build: gptOss, like: GPT_OSS },
      copy === 0 ? gemma : { build: gemma, like: GEMMA },
    ]),
    fleet,
    demand: [
      {
        arrivals: { trace: '../traces/azure_conv_2023.csv', load: (load * macs) / HEADLINE_MACS },
        mix: Object.fromEntries(
          names.flatMap(([gptOss, gemma]) => [
            [gptOss, `${83 / copies}%`],
            [gemma, `${17 / copies}%`],
          ]),
        ),
        lengths: answer_tokens === undefined ? { from: 'trace' } : { prompt: 500, output: answer_tokens },
        max_tokens: Math.max(1_024, answer_tokens ?? 0),
        traits: { tools: '0%', vision: '0%', stream: '100%' },
      },
    ],
    ...(heartbeat_s === undefined ? {} : { mac: { heartbeat_interval: `${heartbeat_s}s` } }),
  })
}
