/** A small experiment with everything that a run may need from somebody's disk: a base, a trace, a policy of the user's own. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BASE = `
name: small
duration: 2m
models: [gpt-oss-20b]
fleet:
  - {count: 6, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}
`
const SCENARIO = `
extends: base.yaml
demand:
  - arrivals: {trace: day.csv, load: 1}
    mix: {gpt-oss-20b: 100%}
    lengths: {from: trace}
policies: [./mine.mjs, open]
`
const POLICY = `
import { definePolicy } from 'fleetlab/plug'
export default definePolicy({
  name: 'mine', about: 'Of the test.', maxModelSlotsDefault: 3, refusesColdBesideBusy: false,
  test: () => ({ allowed: true, why: 'never' }), poolKeys: (label) => [label],
})
`

/** With something to tune. */
const TUNED = POLICY.replace(
  "name: 'mine',",
  "name: 'tuned', parameters: { keep: { kind: 'whole', about: 'Of the test.', default: 1, min: 0, max: 3 } },",
)

/** Evenly spread requests of lengths that vary. */
function traceText(requests: number, seconds: number, outputTokens: number): string {
  const lines = Array.from({ length: requests }, (_, i) => {
    const at = ((i * seconds) / requests).toFixed(6)
    return `${at},${200 + ((i * 37) % 400)},${outputTokens + ((i * 13) % 60)}`
  })
  return ['arrival_s,prompt_tokens,output_tokens', ...lines, ''].join('\n')
}

export function writeExperiment(folder: string): void {
  writeFileSync(join(folder, 'base.yaml'), BASE)
  writeFileSync(join(folder, 'small.yaml'), SCENARIO)
  writeFileSync(join(folder, 'mine.mjs'), POLICY)
  writeFileSync(join(folder, 'tuned.mjs'), TUNED)
  writeFileSync(join(folder, 'day.csv'), traceText(150, 120, 120))
  writeFileSync(join(folder, 'other.csv'), traceText(90, 120, 300))
}
