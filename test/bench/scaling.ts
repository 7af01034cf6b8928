/**
 * What a request costs as one thing grows: requests, Macs, builds, answers, heartbeats. One process per point, CPU time,
 * best of two rounds. Writes docs/performance.json and docs/images/scaling.svg; the words around them are in docs/performance.md.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { scaleLog } from 'd3'
import type { ProbeTask, Round } from './probe.ts'
import { measure, treeAt } from './tree.ts'

interface Curve {
  readonly name: string
  readonly unit: string
  /** Task of each point, with the value that grows. */
  readonly points: readonly (readonly [value: number, task: Partial<ProbeTask>])[]
}

const BASE: ProbeTask = { macs: 60, seconds: 1_800, load: 0.8, policy: 'open', rounds: 2, warmUp_s: 300 }

const CURVES: readonly Curve[] = [
  {
    name: 'requests',
    unit: '60 Macs',
    points: [2_000, 20_000, 200_000].map((requests) => [
      requests,
      { seconds: Math.round(requests / 3.85), rounds: requests > 100_000 ? 1 : 2 },
    ]),
  },
  {
    name: 'Macs',
    unit: 'demand in proportion',
    points: [30, 60, 250, 500, 1_000, 2_000].map((macs) => [
      macs,
      { macs, seconds: Math.round(108_000 / macs), warmUp_s: Math.round(12_000 / macs) },
    ]),
  },
  {
    name: 'builds',
    unit: '240 Macs, two builds on each',
    points: [1, 2, 4, 8].map((copies) => [copies * 2, { macs: 240, copies, seconds: 450, warmUp_s: 60 }]),
  },
  {
    name: 'tokens per answer',
    unit: '60 Macs',
    points: [25, 100, 400, 1_600].map((answer_tokens) => [answer_tokens, { answer_tokens, load: 0.3 }]),
  },
  {
    name: 'seconds between heartbeats',
    unit: '60 Macs',
    points: [1, 2, 5, 15, 30].map((heartbeat_s) => [heartbeat_s, { heartbeat_s }]),
  },
]

interface Point {
  readonly value: number
  readonly micros_per_request: number
  readonly peak_mb: number
  readonly served_share: number
}

const here = await treeAt('this tree', resolve('.'))
const perRequest = (round: Round): number => (round.cpu_s * 1e6) / round.requests
const curves: { readonly name: string; readonly unit: string; readonly exponent: number; readonly points: Point[] }[] =
  []
for (const { name, unit, points } of CURVES) {
  const measured: Point[] = []
  for (const [value, task] of points) {
    const rounds = measure(here, { ...BASE, ...task })
    const best = rounds.reduce((a, b) => (perRequest(a) <= perRequest(b) ? a : b))
    measured.push({
      value,
      micros_per_request: Math.round(perRequest(best) * 10) / 10,
      peak_mb: Math.round(best.peak_mb),
      served_share: Math.round(best.served_share * 1e4) / 1e4,
    })
    process.stdout.write(`${name} ${value}: ${perRequest(best).toFixed(1)} us per request\n`)
  }
  curves.push({ name, unit, exponent: exponentOf(measured), points: measured })
}

/** Slope of the last step in doubly logarithmic scale: 0 = the cost of a request does not grow, 1 = it grows in proportion. */
function exponentOf(points: readonly Point[]): number {
  const [before, last] = points.slice(-2)
  if (before === undefined || last === undefined) return 0
  const slope = Math.log(last.micros_per_request / before.micros_per_request) / Math.log(last.value / before.value)
  return Math.round(slope * 100) / 100
}

const WIDTH = 980
const HEIGHT = 230
const PANEL = WIDTH / CURVES.length
const most = Math.max(...curves.flatMap(({ points }) => points.map((point) => point.micros_per_request)))
const y = scaleLog()
  .domain([10, Math.max(200, most * 1.2)])
  .range([HEIGHT - 46, 34])
const panels = curves.map(({ name, unit, exponent, points }, i) => {
  const x = scaleLog()
    .domain([points[0]!.value, points.at(-1)!.value])
    .range([i * PANEL + 42, (i + 1) * PANEL - 18])
  const line = points.map((point) => `${x(point.value).toFixed(1)},${y(point.micros_per_request).toFixed(1)}`)
  const ticks = points
    .filter((_, at) => at === 0 || at === points.length - 1)
    .map(
      (point) =>
        `<text x="${x(point.value)}" y="${HEIGHT - 30}" text-anchor="middle">${point.value.toLocaleString('en')}</text>`,
    )
  const grid = [10, 30, 100, 300, 1_000]
    .filter((micros) => micros <= y.domain()[1]!)
    .map(
      (micros) =>
        `<line x1="${i * PANEL + 36}" x2="${(i + 1) * PANEL - 12}" y1="${y(micros)}" y2="${y(micros)}" class="grid"/>` +
        `<text x="${i * PANEL + 32}" y="${y(micros) + 4}" text-anchor="end">${micros}</text>`,
    )
  return [
    `<text x="${i * PANEL + 36}" y="14" class="head">${name}</text>`,
    `<text x="${i * PANEL + 36}" y="27">${unit}; exponent ${exponent.toFixed(2)}</text>`,
    ...grid,
    `<polyline points="${line.join(' ')}" class="line"/>`,
    ...points.map((point) => `<circle cx="${x(point.value)}" cy="${y(point.micros_per_request)}" r="3"/>`),
    ...ticks,
  ].join('\n')
})
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="11">
<style>text{fill:#445}.head{font-weight:600;fill:#112}.grid{stroke:#dde}.line{fill:none;stroke:#2563eb;stroke-width:2}circle{fill:#2563eb}</style>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${panels.join('\n')}
<text x="8" y="${HEIGHT - 8}">CPU microseconds per request against what grows, both logarithmic</text>
</svg>
`
await mkdir('docs/images', { recursive: true })
await writeFile('docs/images/scaling.svg', svg)
await writeFile(
  'docs/performance.json',
  `${JSON.stringify({ machine: cpus()[0]?.model, node: process.version, curves }, null, 2)}\n`,
)
