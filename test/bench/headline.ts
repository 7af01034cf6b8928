/** How fast the headline scenario runs: one simulated hour per policy, one thread, median of three. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { formatProblem } from '../../sim/base/result.ts'
import { open } from '../../sim/policy/open.ts'
import { poolsAfe8135 } from '../../sim/policy/pools-afe8135.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'

const PATH = 'scenarios/headline/gpt-oss-vs-gemma.yaml'
const ROUNDS = 3

const loaded = await loadScenario(PATH, {
  read: (path) => (existsSync(path) ? readFile(path, 'utf8') : Promise.resolve(undefined)),
  resolve: (from, relative) => resolve(dirname(from), relative),
})
if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'))

const print = (line: string): void => void process.stdout.write(`${line}\n`)

print(`${PATH}, seed 1, one thread, median of ${ROUNDS} after a warm-up run`)
for (const policy of [open, poolsAfe8135]) {
  const times: number[] = []
  let events = 0
  let requests = 0
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now()
    const { result } = await simulate({ scenario: loaded.value, policy, policyName: policy.name, seed: 1 })
    if (round > 0) times.push((performance.now() - start) / 1000)
    events = result.events
    requests = result.requests.arrived
  }
  const median = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
  print(
    `${policy.name.padEnd(16)} ${median.toFixed(2)} s per simulated hour  ` +
      `${Math.round(requests / median).toLocaleString('en')} requests/s  ${Math.round(events / median).toLocaleString('en')} trace rows/s`,
  )
}
