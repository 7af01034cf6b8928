/**
 * One process of the benchmark: simulates one fleet several times and prints what each round cost, one JSON value a line.
 * The benchmark builds this same file in the tree under test and in the reference tree, so it uses only what both have:
 * the simulation's door, the scenario loader, and the kernel's count of events.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { formatProblem } from '../../sim/base/result.ts'
import { Kernel } from '../../sim/kernel/kernel.ts'
import { builtinPolicies } from '../../sim/policy/index.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'
import { fleetScenario, type FleetSpec } from './fleet-scenario.ts'

/** What one round cost and did. Requests are those of the whole run, warm-up and drain included. */
export interface Round {
  readonly cpu_s: number
  readonly wall_s: number
  readonly requests: number
  readonly served_share: number
  readonly rows: number
  readonly events: number
  /** Most memory the process ever held so far, MB. */
  readonly peak_mb: number
  readonly digest: string
}

export interface ProbeTask extends FleetSpec {
  readonly policy: string
  /** Rounds measured after one that is not: the first compiles and is thrown away. */
  readonly rounds: number
  /** Seconds of demand of the round that is thrown away. */
  readonly warmUp_s: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as ProbeTask
const policy = builtinPolicies.find(({ name }) => name === task.policy)
if (policy === undefined) throw new Error(`no built-in policy ${task.policy}`)

const kernels = new Set<Kernel>()
const runUntil = Kernel.prototype.runUntil
Kernel.prototype.runUntil = function remembered(...given) {
  kernels.add(this)
  return runUntil.apply(this, given)
}

const BENCH_PATH = resolve('scenarios/headline/bench.generated.yaml')

async function round(seconds: number): Promise<Round> {
  const text = await fleetScenario({ ...task, seconds })
  const loaded = await loadScenario(BENCH_PATH, {
    read: (path) =>
      path === BENCH_PATH
        ? Promise.resolve(text)
        : existsSync(path)
          ? readFile(path, 'utf8')
          : Promise.resolve(undefined),
    resolve: (from, relative) => resolve(dirname(from), relative),
    sha256: () => createHash('sha256'),
  })
  if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'))
  kernels.clear()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const { result } = await simulate({
    scenario: loaded.value,
    policy: policy!,
    policyName: task.policy,
    seed: 1,
    // As the command line does; a reference that does not know the option goes without.
    sha256: () => createHash('sha256'),
  })
  const wall_s = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const { arrived, served } = result.requests
  return {
    cpu_s: (user + system) / 1e6,
    wall_s,
    requests: arrived,
    served_share: served / arrived,
    rows: result.events,
    events: [...kernels].reduce((sum, kernel) => sum + kernel.executed, 0),
    peak_mb: process.resourceUsage().maxRSS / 1024,
    digest: result.digest,
  }
}

await round(task.warmUp_s)
for (let i = 0; i < task.rounds; i++) process.stdout.write(`${JSON.stringify(await round(task.seconds))}\n`)
