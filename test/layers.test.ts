/**
 * Who may import whom, as an allow-list: what is not listed is an error, and so is a circle of imports, of types too. Reads
 * every import of the tree as text.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** Room → rooms it may import. A room may always import itself. `room/file` allows that file alone. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  kernel: ['base'],
  catalog: ['base'],
  protocol: ['base'],
  trace: ['base', 'protocol'],
  demand: ['base', 'kernel', 'catalog', 'protocol', 'trace'],
  mac: ['base', 'kernel', 'catalog', 'protocol', 'trace'],
  plug: ['base', 'catalog', 'protocol'],
  coordinator: ['base', 'catalog', 'protocol', 'trace', 'plug'],
  policy: ['base', 'catalog', 'plug'],
  scenario: [
    'base',
    'catalog',
    'policy/index',
    'kernel/distributions',
    'demand/config',
    'demand/recorded/trace-file',
    'demand/recorded/recorded-requests',
    'demand/recorded/recording-clock',
    'demand/expected-requests',
    'mac/config',
    'coordinator/config',
    'metrics/figures/day',
  ],
  import: ['base', 'kernel', 'catalog', 'demand', 'metrics/figures/day'],
  metrics: ['base', 'catalog', 'trace'],
  // Simulated Macs, and simulated clients, before a real coordinator.
  live: ['base', 'kernel', 'catalog', 'protocol', 'trace', 'metrics', 'demand', 'mac', 'scenario', 'simulation'],
  simulation: [
    'base',
    'kernel',
    'catalog',
    'protocol',
    'trace',
    'demand',
    'mac',
    'plug',
    'coordinator',
    'policy',
    'scenario',
    'metrics',
  ],
  lab: [
    'base',
    'simulation',
    'scenario',
    'metrics',
    'trace',
    'catalog',
    'policy',
    'plug',
    // The coordinator's door for whoever asks about a written state.
    'coordinator/config',
    'coordinator/document/decide',
    'coordinator/document/format',
  ],
  evidence: ['base', 'simulation', 'scenario', 'metrics', 'trace', 'kernel', 'mac', 'catalog', 'policy', 'plug', 'lab'],
  report: ['base', 'lab', 'evidence', 'import', 'metrics', 'trace'],
  cli: [
    'base',
    'lab',
    'import',
    'evidence',
    'report',
    'scenario',
    'catalog',
    'policy',
    'plug',
    'simulation',
    'trace',
    'metrics',
    'live',
  ],
}

/**
 * Inside the two big rooms: sub-room → sub-rooms it may import, itself always. What lies in the room itself (its settings,
 * its ports, the words for a machine) is for everybody, except the files that put the room together.
 */
const SUB_ROOMS: Record<string, Record<string, readonly string[]>> = {
  coordinator: {
    settings: [],
    view: [],
    decide: ['view'],
    serve: ['view', 'decide'],
    plan: ['view', 'decide'],
    document: ['view', 'decide', 'serve', 'plan'],
  },
  mac: {
    engine: [],
    memory: ['engine'],
    condition: ['engine'],
    loading: ['engine', 'memory'],
    program: ['engine', 'memory', 'loading', 'condition'],
  },
}
const PUT_TOGETHER: ReadonlySet<string> = new Set(['coordinator/coordinator', 'mac/mac', 'mac/journal'])

/** npm package → the only places that may import it. `*` is any room under sim/. */
const PACKAGE_ROOMS: Record<string, readonly string[]> = {
  seedrandom: ['kernel/random'],
  'csv-parse': ['base/delimited'],
  zod: ['scenario', 'config', 'coordinator/settings', 'coordinator/document/format', 'live'],
  tweetnacl: ['live'],
  ws: ['live'],
  'eventsource-parser': ['live'],
  yaml: ['scenario'],
  'fastest-levenshtein': ['scenario', 'cli'],
  '@noble/hashes': ['base/sha256', 'scenario'],
  '@stdlib/stats-base-dists-t-quantile': ['lab'],
  '@stdlib/stats-base-dists-beta-quantile': ['lab'],
  'ml-direct': ['lab'],
  'simple-statistics': ['lab/statistics/resample'],
  yalps: ['evidence'],
  chokidar: ['cli'],
  commander: ['cli'],
  picocolors: ['cli'],
  tinypool: ['cli'],
  bullmq: ['cli'],
  ioredis: ['cli'],
  'hyparquet-writer': ['report/files/parquet'],
  pbf: ['report/timeline/perfetto'],
  vite: ['cli'],
}

/** Both talk to the machine they run on; all else runs in a browser too. */
const KNOW_NODE: ReadonlySet<string> = new Set(['cli', 'live'])

interface Import {
  readonly from: string
  readonly specifier: string
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return filesUnder(path)
    return /\.tsx?$/.test(name) ? [path] : []
  })
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  const found = [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]/g)]
  const bare = [...text.matchAll(/(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g)]
  const dynamic = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)]
  return [...found, ...bare, ...dynamic].map((match) => ({ from: path, specifier: match[1]! }))
}

/** `sim/mac/engine/gpu.ts` → `mac/engine/gpu`; `sim/simulation.ts` → `simulation`. */
const unitOf = (path: string): string => relative(join(ROOT, 'sim'), path).replace(/\.tsx?$/, '')
const roomOf = (unit: string): string => unit.split('/')[0]!
const holdsSettings = (unit: string): boolean => unit.endsWith('/config') || unit.split('/').at(-2) === 'settings'

function subRoomError(unit: string, target: string): string | undefined {
  const rules = SUB_ROOMS[roomOf(unit)]
  if (rules === undefined || PUT_TOGETHER.has(unit)) return undefined
  if (PUT_TOGETHER.has(target)) return `sim/${unit} imports ${target}, which puts the room together`
  const [own, other] = [unit, target].map((path) => path.split('/').slice(1, -1)[0])
  // Settings are for everybody, by their door.
  if (other === 'settings' && unit.endsWith('/config')) return undefined
  if (other === undefined || own === other || target.endsWith('/config')) return undefined
  if (own === undefined) return `sim/${unit} lies above ${target}: what is for everybody may not know a sub-room`
  const allowed = rules[own]
  if (allowed === undefined) return `sim/${unit}: sub-room "${own}" is not in the table`
  return allowed.includes(other)
    ? undefined
    : `sim/${unit} imports ${target}, but ${own} may only import ${allowed.join(', ') || 'nothing of its room'}`
}

function layerError({ from, specifier }: Import): string | undefined {
  const unit = unitOf(from)
  const room = roomOf(unit)
  if (specifier.startsWith('.')) {
    const target = unitOf(resolve(dirname(from), specifier))
    const targetRoom = roomOf(target)
    if (targetRoom === room) return subRoomError(unit, target)
    const allowed = MAY_IMPORT[room]
    if (allowed === undefined) return `sim/${unit}: room "${room}" is not in the table`
    if (allowed.includes(targetRoom) || allowed.includes(target)) return undefined
    return `sim/${unit} imports ${target}, but ${room} may only import ${allowed.join(', ') || 'nothing'}`
  }
  if (specifier.startsWith('node:'))
    return KNOW_NODE.has(room) ? undefined : `sim/${unit} imports ${specifier}: only cli and live know Node`
  const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]!
  const rooms = PACKAGE_ROOMS[name]
  if (rooms === undefined) return `sim/${unit} imports ${name}, which no room may use`
  const file = unit.split('/').at(-1)!
  return [room, unit, file, dirname(unit)].some((place) => rooms.includes(place))
    ? undefined
    : `sim/${unit} imports ${name}, which belongs to ${rooms.join(', ')}`
}

/** What the dashboard may use of the simulator. The list of policies, because a run starts with a choice among them. */
const UI_MAY_IMPORT: ReadonlySet<string> = new Set([
  'base',
  'lab',
  'import',
  'report',
  'scenario',
  'metrics',
  'trace',
  'policy',
])
const UI_PACKAGES =
  /^(?:react|react-dom|zustand|d3|@codemirror|@lezer|idb-keyval|acorn|sucrase|svgcanvas|yaml|virtual:fleetlab-plug)(?:\/|$)/
/** Built into no page: they run in Node, while the dashboard is built. */
const UI_NODE_FOLDER = join(ROOT, 'ui', 'build')

function uiLayerError({ from, specifier }: Import): string | undefined {
  const file = relative(ROOT, from)
  if (!specifier.startsWith('.')) {
    return UI_PACKAGES.test(specifier) || from.startsWith(UI_NODE_FOLDER)
      ? undefined
      : `${file} imports ${specifier}, which the dashboard may not use`
  }
  const target = relative(ROOT, resolve(dirname(from), specifier))
  if (target.startsWith('ui/')) return undefined
  const room = target.startsWith('sim/') ? roomOf(target.slice('sim/'.length)) : target
  return UI_MAY_IMPORT.has(room) ? undefined : `${file} imports ${target}: the dashboard may not`
}

/** Groups of files each of which imports, through others, itself; types count as values do. */
function circlesOf(all: readonly Import[]): readonly (readonly string[])[] {
  const targets = new Map<string, string[]>()
  for (const { from, specifier } of all) {
    if (!specifier.startsWith('.')) continue
    targets.set(from, [...(targets.get(from) ?? []), resolve(dirname(from), specifier)])
  }
  const reached = new Map(
    [...targets.keys()].map((start) => {
      const seen = new Set<string>()
      const waiting = [start]
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        for (const target of targets.get(file) ?? []) {
          if (seen.has(target)) continue
          seen.add(target)
          waiting.push(target)
        }
      }
      return [start, seen] as const
    }),
  )
  const circles = new Set<string>()
  for (const [start, seen] of reached) {
    if (!seen.has(start)) continue
    const circle = [...seen].filter((file) => reached.get(file)?.has(start) === true)
    circles.add(
      circle
        .map((file) => relative(ROOT, file))
        .toSorted()
        .join(', '),
    )
  }
  return [...circles].map((circle) => circle.split(', '))
}

const uiImports = filesUnder(join(ROOT, 'ui')).flatMap(importsOf)
const simFiles = filesUnder(join(ROOT, 'sim'))
const imports = simFiles.flatMap(importsOf)

const between = (from: string, specifier: string): Import => ({ from: join(ROOT, 'sim/mac', from), specifier })

describe('layers', () => {
  it('reads the tree it judges', () => {
    expect(simFiles.length).toBeGreaterThan(40)
    expect(imports.length).toBeGreaterThan(100)
  })

  it('lets every room import only what the table allows', () => {
    expect(imports.map(layerError).filter((error) => error !== undefined)).toEqual([])
  })

  it('lets the dashboard import only what the table allows', () => {
    expect(uiImports.length).toBeGreaterThan(50)
    expect(uiImports.map(uiLayerError).filter((error) => error !== undefined)).toEqual([])
  })

  it('has no circle of imports', () => {
    expect(circlesOf([...imports, ...uiImports])).toEqual([])
  })

  it('keeps React out of everything that runs in a worker or in Node', () => {
    const folders = ['data', 'worker', 'build'].map((name) => join(ROOT, 'ui', name))
    const wrong = uiImports.filter(
      ({ from, specifier }) => folders.some((folder) => from.startsWith(folder)) && specifier.startsWith('react'),
    )
    expect(wrong).toEqual([])
  })

  it('lets settings import only base, zod and settings of their own room', () => {
    const wrong = imports.filter(({ from, specifier }) => {
      if (!holdsSettings(unitOf(from))) return false
      if (specifier === 'zod') return false
      if (!specifier.startsWith('.')) return true
      const target = unitOf(resolve(dirname(from), specifier))
      const own = holdsSettings(target) && roomOf(target) === roomOf(unitOf(from))
      return roomOf(target) !== 'base' && !own
    })
    expect(wrong.map(({ from, specifier }) => `sim/${unitOf(from)} imports ${specifier}`)).toEqual([])
  })

  it('lets only demand and mac, and who stands for them before a real coordinator, open a sealed request body', () => {
    const wrong = imports.filter(
      ({ from, specifier }) =>
        specifier.endsWith('protocol/sealed.ts') &&
        !['demand', 'mac', 'protocol', 'live'].includes(roomOf(unitOf(from))),
    )
    expect(wrong).toEqual([])
  })

  it('catches an import that crosses a wall', () => {
    const crossing = { from: join(ROOT, 'sim/coordinator/decide/select.ts'), specifier: '../../mac/engine/gpu.ts' }
    expect(layerError(crossing)).toMatch(/coordinator may only import/)
    const inside = { from: join(ROOT, 'sim/coordinator/view/registry.ts'), specifier: '../decide/cost.ts' }
    expect(layerError(inside)).toMatch(/view may only import/)
    expect(layerError({ from: join(ROOT, 'sim/mac/engine/gpu.ts'), specifier: 'seedrandom' })).toMatch(
      /belongs to kernel/,
    )
  })

  it('finds a circle of three, apart from what only leads to it or away from it', () => {
    const circle = [between('a.ts', './b.ts'), between('b.ts', './c.ts'), between('c.ts', './a.ts')]
    const others = [between('main.ts', './a.ts'), between('c.ts', './end.ts'), between('end.ts', 'zod')]
    expect(circlesOf([...circle, ...others])).toEqual([['sim/mac/a.ts', 'sim/mac/b.ts', 'sim/mac/c.ts']])
    expect(circlesOf([...circle.slice(1), ...others])).toEqual([])
  })
})
