/** The table of machines considered says the same as the trace's decisions and as inference_routes, term by term. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { ExplainNote } from '../../../sim/coordinator/decide/explain/explain-sink.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { CandidateLines, candidatesHead, type Hardware } from '../../../sim/report/ledger/candidates.ts'
import { LedgerExport, ledgerHead } from '../../../sim/report/ledger/ledger.ts'
import { simulate } from '../../../sim/simulation.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { loaded } from '../../simulation/world.ts'

const SCENARIO = `
name: candidates
duration: 2m
models: [gpt-oss-20b, gemma-4-26b-qat-4bit]
aliases: {gemma-4-26b: {desired: gemma-4-26b-qat-4bit}}
fleet:
  - {count: 3, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]}
  - {count: 1, machine: {chip: M1 Pro 16c, memory: 32GB}, advertises: [gpt-oss-20b]}
demand:
  - arrivals: {poisson: 1/s}
    mix: {gpt-oss-20b: 70%, gemma-4-26b: 30%}
    lengths: {prompt: 500, output: 100}
    max_tokens: 256
timeline:
  # Attempts that fail, so that there are later ones.
  - {at: 30s, broken: {fraction: 30%, for: 1m}}
`

type Cells = Readonly<Record<string, string>>

function cellsOf(csv: string): readonly Cells[] {
  const [head, ...lines] = csv.trimEnd().split('\n')
  const names = head!.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((text, place) => [names[place]!, text])))
}

async function played() {
  let decisions = 0
  const hardware = new Map<number, Hardware>()
  const table = new CandidateLines((provider) => hardware.get(provider))
  let csv = candidatesHead()
  let routes = ledgerHead('inference_routes')
  const ledger = new LedgerExport((name, line) => void (routes += name === 'inference_routes' ? line : ''))
  const observe = (row: TraceRow): void => {
    ledger.row(row)
    if (row.kind === 'decision' || row.kind === 'preflight') decisions += 1
    if (row.kind === 'registered') hardware.set(row.provider, { chip: row.chip, memory_gb: row.memory_gb })
  }
  const options = { scenario: await loaded(SCENARIO), policy: findPolicy('open')!, policyName: 'open', seed: 1 }
  const onNote = (note: ExplainNote) => void (csv += table.lines(note))
  const { result } = await simulate({ ...options, onNote, subscribers: [observe] })
  const plain = await simulate(options)
  return { cells: cellsOf(csv), routes: cellsOf(routes), decisions, digests: [result.digest, plain.result.digest] }
}

/** In both tables; the batch is not: the ledger tells the last heartbeat before the dispatch, the decision looked 23 ms earlier. */
const SHARED = [
  'provider_id',
  'model',
  'cost_ms',
  'state_ms',
  'queue_ms',
  'pending_ms',
  'backlog_ms',
  'this_req_ms',
  'health_ms',
  'ttft_ms',
  'effective_queue',
  'effective_tps',
  'static_tps',
  'hardware_chip',
  'hardware_chip_family',
  'hardware_tier',
  'memory_gb',
  'gpu_cores',
]
const attemptOf = (line: Cells): string => `${line['request_id']}/${line['attempt']}`
const shared = (line: Cells) => SHARED.map((name) => line[name])

describe('inference_route_candidates', () => {
  let run: Awaited<ReturnType<typeof played>>
  beforeAll(async () => {
    run = await played()
  })

  it('leaves the digest as it is', () => {
    expect(run.digests[0]).toBe(run.digests[1])
  })

  it('has a line per machine and decision', () => {
    expect(run.cells.length).toBe(run.decisions * 4)
  })

  it('shows the selected machine as inference_routes does, attempt by attempt', () => {
    const selected = run.cells.filter((line) => line['selected'] === 'true')
    const routes = run.routes.filter((line) => line['outcome'] === 'selected')
    const byAttempt = new Map(selected.map((line) => [attemptOf(line), line]))
    expect(routes.length).toBe(selected.length)
    expect(routes.length).toBeGreaterThan(100)
    expect(routes.filter((line) => line['attempt'] !== '0').length).toBeGreaterThan(5)
    for (const route of routes) expect(shared(byAttempt.get(attemptOf(route))!)).toEqual(shared(route))
  })

  it('ranks candidates by cost and names the first reason against the others', () => {
    for (const line of run.cells) {
      if (line['eligible'] === 'true') expect(Number(line['rank'])).toBeGreaterThanOrEqual(1)
      else expect([line['rank'], line['rejection_reason'] !== '']).toEqual(['', true])
    }
    const first = run.cells.filter((line) => line['phase'] === 'select' && line['rank'] === '1')
    expect(first.length).toBeGreaterThan(100)
    // A soft filter may set the cheapest aside; nothing else does.
    expect(first.filter((line) => line['fate'] === 'dearer')).toEqual([])
  })
})
