/**
 * Whether length costs anything: the headline's fleet for ten thousand, a hundred thousand, a million and ten million requests,
 * one process each, one round after a short one. A round's memory is that of its process at its highest.
 * Writes docs/ten-million.json; the words around it are in docs/performance.md.
 *
 *   npm run study:ten-million -- [--requests 100000,1000000]
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measure, treeAt } from './tree.ts'

/** Of 60 Macs at this share of the recorded rate per Mac. */
const LOAD = 0.8
const REQUESTS_PER_S = 4.41
const LENGTHS = [10_000, 100_000, 1_000_000, 10_000_000]

const { values: flags } = parseArgs({ options: { requests: { type: 'string', default: LENGTHS.join() } } })

const here = await treeAt('this tree', resolve('.'))
const lengths: object[] = []
for (const wanted of flags.requests.split(',').map(Number)) {
  const seconds = Math.ceil(wanted / REQUESTS_PER_S)
  const [round] = measure(here, { macs: 60, seconds, load: LOAD, policy: 'open', rounds: 1, warmUp_s: 1_800 })
  const { requests, cpu_s, wall_s, peak_mb, served_share, rows, events, digest } = round!
  const line = {
    requests,
    cpu_s: Math.round(cpu_s * 10) / 10,
    wall_s: Math.round(wall_s * 10) / 10,
    requests_per_cpu_s: Math.round(requests / cpu_s),
    peak_mb: Math.round(peak_mb),
    served_share: Math.round(served_share * 1e4) / 1e4,
    rows,
    events,
    digest,
  }
  lengths.push(line)
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
if (flags.requests === LENGTHS.join()) {
  const all = { machine: cpus()[0]?.model, node: process.version, lengths }
  await writeFile('docs/ten-million.json', `${JSON.stringify(all, null, 2)}\n`)
}
