/** What `fleetlab policy new` writes: a policy to change, a scenario it stands in, and a test of both. */

const FROM_PLUG = "from 'fleetlab/plug'"

export const policyText = (name: string): string => `/**
 * ${name}: what it is for, in a sentence.
 *
 * Every surface is optional; leave out what you do not need. They narrow what the coordinator would do: machines that a gate
 * refuses (trust, capability, memory, room) are never shown.
 */
import { definePolicy, whole } ${FROM_PLUG}

export default definePolicy({
  name: '${name}',
  about: 'one line for reports',
  // Set by --set policy.keep=3, by an arm's \`set\`, or by sweep --vary policy.keep=0,1,2,3.
  parameters: { keep: whole(1, 'Macs kept free of long prompts', { min: 0 }) },
  // Memory of a run, made anew for each.
  state: () => ({ refused: 0 }),
  // Sums and means of your own, in the result, the series and the dashboard.
  counters: ['kept_free'],

  // May this machine take the request? Asked about machines that passed every gate.
  filter(request, machine, view) {
    if (request.promptTokens < 2_000 || machine.pendingCount > 0) return true
    const free = view.providers.filter((provider) => provider.pendingCount === 0).length
    if (free > view.parameters.keep) return true
    view.state.refused += 1
    view.count('kept_free')
    return { allowed: false, why: \`only \${free} Macs are free\` }
  },

  // The price of a machine, ms, lower is better; \`machine.cost\` is the coordinator's, term by term.
  score: (_request, machine) => machine.cost.cost_ms,

  // Others: admit, pick, reserve, unreserve, retry, order, onOutcome, evict, test, plan.
})
`

export const scenarioText = (name: string): string => `name: ${name}
about: What ${name} is for.

duration: 3m
warmup: 30s
models: [gpt-oss-20b]
fleet:
  - {count: 6, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b], resident: [gpt-oss-20b]}
demand:
  - {arrivals: {poisson: 1/s}, mix: {gpt-oss-20b: 100%}, lengths: {prompt: 400, output: 150}, max_tokens: 256}
  - {arrivals: {poisson: 0.1/s}, mix: {gpt-oss-20b: 100%}, lengths: {prompt: 6000, output: 150}, max_tokens: 256}

policies:
  - open
  - {policy: ./${name}.ts, as: ${name}}

expect:
  - {metric: 'models["gpt-oss-20b"].goodput', policy: ${name}, at_least: 80%}
`

export const testText = (name: string): string => `// node --test ${name}.test.mjs
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const fleetlab = (...words) => spawnSync('npx', ['fleetlab', ...words], { cwd: import.meta.dirname, encoding: 'utf8' })

test('${name} is in order: types, gates, and the same run twice', () => {
  const { status, stderr } = fleetlab('policy', 'check', './${name}.ts')
  assert.equal(status, 0, stderr)
})

test('${name} does what its scenario expects', () => {
  const { status, stdout, stderr } = fleetlab('check', '${name}.yaml')
  assert.equal(status, 0, stdout + stderr)
})
`
