/**
 * How fast runs are, and how much faster than another commit: the same fleet is simulated by this tree and by the
 * reference in turn, each time in a fresh process that has warmed up, and the ratio of CPU seconds is what counts,
 * because the wall clock of a shared machine tells of its neighbours.
 *
 *   npm run bench -- [--reference REV] [--macs 60,500] [--rounds 3] [--alone] [--json FILE]
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ProbeTask, Round } from './probe.ts'
import { measure, referenceTree, treeAt, type Tree } from './tree.ts'

/** The last commit before decisions stopped to walk the fleet: what speed-ups in docs/performance.md refer to. */
const BEFORE = 'bda82f3'

/** Demand is in proportion, so the simulated time shrinks with the fleet: each round takes some seconds. */
const SIZES: { readonly [macs: number]: { readonly seconds: number; readonly warmUp_s: number } } = {
  60: { seconds: 3_600, warmUp_s: 900 },
  500: { seconds: 600, warmUp_s: 60 },
  1_000: { seconds: 300, warmUp_s: 30 },
  2_000: { seconds: 120, warmUp_s: 15 },
}
/** At least 95 % of the requests are served at this share of the recorded rate per Mac. */
const LOAD = 0.8

const { values: flags } = parseArgs({
  options: {
    reference: { type: 'string', default: BEFORE },
    macs: { type: 'string', default: Object.keys(SIZES).join() },
    rounds: { type: 'string', default: '2' },
    policy: { type: 'string', default: 'open' },
    alone: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const print = (line: string): void => void process.stdout.write(`${line}\n`)
/** Compilers are still at work in the first full round of a process, and count as CPU time: only the last two are warm. */
const ROUNDS_PER_PROCESS = 3
const warm = (rounds: readonly Round[]): readonly Round[] => rounds.slice(-2)

const whole = (value: number): string => Math.round(value).toLocaleString('en')

interface Line {
  readonly macs: number
  readonly tree: string
  readonly cpu_s: number
  readonly wall_s: number
  readonly requests_per_s: number
  readonly rows_per_s: number
  readonly events_per_s: number
  readonly peak_mb: number
  readonly served_share: number
  /** CPU seconds of the reference over those of this tree, in the same run. */
  readonly faster: number | undefined
}

/** Of the round that took least CPU time: whatever disturbs a round only adds to it. */
function lineOf(macs: number, tree: Tree, rounds: readonly Round[], reference: number | undefined): Line {
  const best = rounds.reduce((a, b) => (a.cpu_s <= b.cpu_s ? a : b))
  const { cpu_s, wall_s, requests, rows, events, served_share } = best
  return {
    macs,
    tree: tree.name,
    cpu_s,
    wall_s,
    requests_per_s: requests / cpu_s,
    rows_per_s: rows / cpu_s,
    events_per_s: events / cpu_s,
    peak_mb: Math.max(...rounds.map((round) => round.peak_mb)),
    served_share,
    faster: reference === undefined ? undefined : reference / cpu_s,
  }
}

const HEAD = ' Macs  tree               CPU s   wall s  requests/s     rows/s   events/s  peak MB  served  CPU ratio'
const asRow = (line: Line): string =>
  [
    String(line.macs).padStart(5),
    ` ${line.tree.padEnd(16)}`,
    line.cpu_s.toFixed(2).padStart(7),
    line.wall_s.toFixed(2).padStart(8),
    whole(line.requests_per_s).padStart(11),
    whole(line.rows_per_s).padStart(10),
    whole(line.events_per_s).padStart(10),
    whole(line.peak_mb).padStart(8),
    `${(line.served_share * 100).toFixed(1)} %`.padStart(7),
    line.faster === undefined ? '' : `${line.faster.toFixed(2)}x`.padStart(10),
  ].join(' ')

const here = await treeAt('this tree', resolve('.'))
const reference = flags.alone ? undefined : await referenceTree(flags.reference)
const rounds = Number(flags.rounds)
print(
  `${flags.policy}, seed 1, load ${LOAD} of the recorded demand per Mac, best of ${2 * rounds} warm rounds, ${cpus()[0]?.model}`,
)
print('Rates are requests, rows and events of the whole run per CPU second of the whole run.')
print(HEAD)
const lines: Line[] = []
for (const size of flags.macs.split(',')) {
  const macs = Number(size)
  const extent = SIZES[macs] ?? { seconds: Math.round(216_000 / macs), warmUp_s: Math.round(30_000 / macs) }
  const task: ProbeTask = { macs, load: LOAD, policy: flags.policy, rounds: ROUNDS_PER_PROCESS, ...extent }
  const before: Round[] = []
  const now: Round[] = []
  for (let i = 0; i < rounds; i++) {
    if (reference !== undefined) before.push(...warm(measure(reference, task)))
    now.push(...warm(measure(here, task)))
  }
  const slow = reference === undefined ? undefined : lineOf(macs, reference, before, undefined)
  const line = lineOf(macs, here, now, slow?.cpu_s)
  for (const each of slow === undefined ? [line] : [slow, line]) {
    lines.push(each)
    print(asRow(each))
  }
}
if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(lines, null, 2)}\n`)
