/**
 * What simulated Macs cost in real time: `npm run bench:live`, with `-- idle` or `-- load SECONDS RATE` one half of it. The command runs as users run it, in a process of its own,
 * before the stand-in coordinator in this one.
 *
 *   idle     1,000 Macs that only beat: two runs of different length, so that starting up is not counted
 *   load     200 Macs at 100 requests/s of 60 tokens: how much later than the model says a first token leaves
 *
 * Both processes and whatever else runs share the machine: CPU seconds are the command's own, latencies are everybody's.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from '../../sim/policy/open.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { play } from '../../sim/simulation.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import type { ServeDocument } from '../../sim/report/text/run/serve-text.ts'
import { StandInCoordinator } from '../live/stand-in/coordinator.ts'

const MODEL = 'gpt-oss-20b'
const PROMPT = 100
const TOKENS = 60
const RATE = Number(process.argv[4] ?? 100)
const LOAD_S = Number(process.argv[3] ?? 30)

const scenario = (macs: number): string => `name: bench-live
about: Macs of one kind.
duration: 1h
engine: 2026-06
models: [${MODEL}]
fleet:
  - count: ${macs}
    machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio, os_memory: 8GB}
    advertises: [${MODEL}]
    resident: [${MODEL}]
demand:
  - arrivals: {poisson: 1/s}
    mix: {${MODEL}: 100%}
    lengths: {prompt: ${PROMPT}, output: ${TOKENS}}
# A Mac that has rested is as fast as one that has not, so that there is one figure to be compared with.
mac: {unwire: {after: 0s}}
`

const folder = mkdtempSync(join(tmpdir(), 'fleetlab-bench-'))

interface Served {
  readonly document: ServeDocument
  readonly cpu_s: number
}

/** `stop`: it is interrupted then. */
async function serve(macs: number, seconds: number, url: string, stop?: AbortSignal): Promise<Served> {
  const file = join(folder, `${macs}.yaml`)
  writeFileSync(file, scenario(macs))
  const words = ['dist/cli/fleetlab.js', 'serve', file, '--coordinator', url, '--for', `${seconds}s`, '--json']
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (data: Buffer) => (printed += data.toString('utf8')))
  stop?.addEventListener('abort', () => child.kill('SIGINT'))
  await new Promise((resolve) => child.on('close', resolve))
  const document = JSON.parse(printed) as ServeDocument
  return { document, cpu_s: Number(document.meta['cpu_s']) }
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const ms = (value: number): string => `${value.toFixed(1)} ms`

function sayLate({ lateness }: ServeDocument): void {
  const { instants, late, late_after_ms, worst_ms } = lateness
  say(`    late timers      ${late} of ${instants} by more than ${late_after_ms} ms, worst ${ms(worst_ms)}`)
}

async function idle(): Promise<void> {
  const [short, long] = [20, 80]
  const runs: Served[] = []
  for (const seconds of [short, long]) {
    const coordinator = await StandInCoordinator.start()
    runs.push(await serve(1_000, seconds, coordinator.webSocketUrl))
    await coordinator.stop()
  }
  const [first, second] = runs as [Served, Served]
  const share = (second.cpu_s - first.cpu_s) / (long - short)
  say(`idle: 1,000 Macs`)
  say(`    start-up         ${(first.cpu_s - share * short).toFixed(2)} CPU s`)
  say(`    then             ${(share * 100).toFixed(1)} % of a core`)
  say(`    heartbeats       ${second.document.sent['heartbeat']} in ${long} s`)
  sayLate(second.document)
}

/** From the request at the Mac to its first token, on the idle Mac of the model. */
async function modelTtft(): Promise<number> {
  const ask = `demand:\n  - requests: [{at: 20s, model: ${MODEL}, prompt: ${PROMPT}, output: ${TOKENS}}]\n`
  const text = scenario(1).replace(/demand:[^]*(?=# A Mac)/, ask)
  const read = (path: string) => Promise.resolve(path === 's.yaml' ? text : undefined)
  const loaded = await loadScenario('s.yaml', { read, resolve: (_, to) => to })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  let ttft = NaN
  const row = (each: TraceRow): void => {
    if (each.kind === 'work') ttft = (each.firstTokenAt - each.receivedAt) / 1_000
  }
  await play({ scenario: loaded.value, policy: open, seed: 1, subscribers: [row] })
  return ttft
}

async function load(): Promise<void> {
  const macs = 200
  const model = await modelTtft()
  const coordinator = await StandInCoordinator.start()
  const stop = new AbortController()
  const served = serve(macs, 3_600, coordinator.webSocketUrl, stop.signal)
  for (let mac = 0; mac < macs; mac++) await coordinator.nextAttested()
  const body = { model: MODEL, stream: true, messages: [{ role: 'user', content: 'sun '.repeat(PROMPT) }] }
  const ask = async () => {
    const provider = coordinator.providers.toSorted((a, b) => a.inFlight - b.inFlight)[0]!
    const since = performance.now()
    let first = NaN
    let events = 0
    const { answered } = provider.ask(body, { onEvent: () => ++events === 2 && (first = performance.now()) })
    const { end } = await answered
    const tokens = end.type === 'inference_complete' ? end.usage.completion_tokens : 0
    return { ttft: first - since, total: performance.now() - since, tokens }
  }
  const asks: ReturnType<typeof ask>[] = []
  const begun = performance.now()
  for (let i = 0; i < RATE * LOAD_S; i++) {
    const due = begun + (i * 1_000) / RATE
    // However late it is, what comes in has its turn.
    await sleep(Math.max(0, due - performance.now()))
    asks.push(ask())
  }
  const answers = await Promise.all(asks)
  stop.abort()
  const { document, cpu_s } = await served
  await coordinator.stop()
  const ttft = answers.map((each) => each.ttft).toSorted((a, b) => a - b)
  const total = answers.map((each) => each.total).toSorted((a, b) => a - b)
  const later = (share: number): string => ms(percentile(ttft, share) - model)
  say(`load: ${macs} Macs, ${RATE} requests/s of ${TOKENS} tokens, ${LOAD_S} s`)
  say(`    answered         ${answers.filter(({ tokens }) => tokens === TOKENS).length} of ${answers.length}`)
  say(`    first token      ${ms(model)} on the idle Mac of the model`)
  say(`    later than that  p50 ${later(0.5)}, p95 ${later(0.95)}, p99 ${later(0.99)}, worst ${later(1)}`)
  say(`    whole answer     p50 ${ms(percentile(total, 0.5))}, p99 ${ms(percentile(total, 0.99))}`)
  say(`    CPU              ${cpu_s.toFixed(2)} s in ${document.served_s.toFixed(0)} s, start-up included`)
  sayLate(document)
}

say(
  `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, load average ${loadavg()[0]!.toFixed(1)} before`,
)
try {
  const [only] = process.argv.slice(2)
  if (only !== 'load') await idle()
  if (only !== 'idle') await load()
} finally {
  rmSync(folder, { recursive: true })
}
