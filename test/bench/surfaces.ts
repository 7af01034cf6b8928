/**
 * What the surfaces of a policy cost: the same fleet of 60 Macs under `open`, under a policy file that answers `score` and `pick`
 * as the coordinator would have (so that the fleet does the same work), and under one with ideas of its own. CPU time, rounds in
 * turn, the least of each counts.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { formatProblem, type Result } from '../../sim/base/result.ts'
import { bundlePolicy } from '../../sim/cli/policy-files/policy-bundle.ts'
import { policyFromCode } from '../../sim/lab/policy/policy-code.ts'
import type { Policy } from '../../sim/plug/index.ts'
import { open } from '../../sim/policy/open.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'
import type { Sha256 } from '../../sim/base/sha256.ts'
import { fleetScenario } from './fleet-scenario.ts'

const MACS = 60
/** Many short rounds: on a machine with neighbours the least of a few long ones still has some of theirs in it. */
const ROUNDS = 20
const MINUTES = 15
const BENCH_PATH = resolve('scenarios/headline/bench.generated.yaml')

const AS_THE_COORDINATOR = `
import { definePolicy } from 'fleetlab/plug'
export default definePolicy({
  name: 'as-the-coordinator',
  score: (_request, machine) => machine.cost.cost_ms,
  pick: (_request, candidates) => candidates.find((candidate) => candidate.choice),
})`

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'))
  return result.value
}

async function fromFile(path: string): Promise<() => Policy> {
  const { code, places } = must(await bundlePolicy(path, path))
  return () => must(policyFromCode(code, path, places))
}

async function asTheCoordinator(): Promise<() => Policy> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetlab-bench-'))
  try {
    const path = join(folder, 'policy.ts')
    writeFileSync(path, AS_THE_COORDINATOR)
    return await fromFile(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const sha256 = (): Sha256 => createHash('sha256')

async function round(policy: Policy, seconds: number): Promise<{ readonly cpu_s: number; readonly digest: string }> {
  const text = await fleetScenario({ macs: MACS, load: 0.8, seconds })
  const scenario = must(
    await loadScenario(BENCH_PATH, {
      read: (path) =>
        path === BENCH_PATH
          ? Promise.resolve(text)
          : existsSync(path)
            ? readFile(path, 'utf8')
            : Promise.resolve(undefined),
      resolve: (from, relative) => resolve(dirname(from), relative),
    }),
  )
  const cpu = process.cpuUsage()
  const { result } = await simulate({ scenario, policy, policyName: policy.name, seed: 1, sha256 })
  const { user, system } = process.cpuUsage(cpu)
  return { cpu_s: (user + system) / 1e6, digest: result.digest }
}

const policies: readonly (() => Policy)[] = [
  () => open,
  await asTheCoordinator(),
  await fromFile(resolve('test/bench/surfaces-policy.ts')),
]
const least = policies.map(() => Infinity)
const digests = policies.map(() => '')
for (const policy of policies) await round(policy(), 900)
for (let i = 0; i < ROUNDS; i++) {
  for (const [place, policy] of policies.entries()) {
    const { cpu_s, digest } = await round(policy(), MINUTES * 60)
    least[place] = Math.min(least[place]!, cpu_s)
    digests[place] = digest
  }
}
const line = (text: string): void => void process.stdout.write(`${text}\n`)
line(`Surfaces of a policy, ${MACS} Macs, ${MINUTES} minutes, least of ${ROUNDS} rounds`)
for (const [place, policy] of policies.entries()) {
  const over = (least[place]! / least[0]! - 1) * 100
  const cost = place === 0 ? '' : `${over >= 0 ? '+' : ''}${over.toFixed(0)} % (at most +25 %)`
  const same = place === 1 && digests[1] === digests[0] ? ', the same run' : ''
  line(`  ${policy().name.padEnd(20)} ${least[place]!.toFixed(2)} CPU s  ${cost}${same}`)
}
