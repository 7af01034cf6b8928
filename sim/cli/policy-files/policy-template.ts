/** What `fleetlab policy new` writes beside a policy to change: a scenario it stands in, and a test of both. */

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
