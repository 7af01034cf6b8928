/**
 * `fleetlab view`: serves the built dashboard and the given results on this machine alone. Only two kinds of address
 * lead anywhere: files of the dashboard, listed once at the start, and `results/N`; so no path can climb out of a folder.
 * It answers only to its own name: any site could give its name this machine's address and then read results as its own
 * (DNS rebinding); the name it was asked by is in every request.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, relative, sep } from 'node:path'
import type { Command } from 'commander'
import { resultFile } from '../../../report/files/result-file.ts'
import { refuse } from '../../exit.ts'
import { portFlag } from '../../flags.ts'
import { examples } from '../../options.ts'
import { packageRoot } from '../../files/package-root.ts'
import type { Session } from '../../session.ts'

const HOST = '127.0.0.1'
const DEFAULT_PORT = 4747
const MEDIA_TYPES: { readonly [ending: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.yaml': 'text/yaml; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
}
/** What a folder that `--out` wrote holds for the dashboard. */
const OPENED = ['compare.json', 'result.json', 'trace.fleet']

interface Result {
  readonly name: string
  readonly path: string
}

/** The dashboard takes a scenario that is dropped on it, and runs it there; named here it would show nothing. */
const notRunYet = (path: string): string =>
  `${path}: is a scenario, and view opens results; \`fleetlab run ${path} --out out\` and then \`fleetlab view out\`, or drop the file on the page that \`fleetlab view\` serves`

/** A file as it is; of a folder what the dashboard opens, with the runs of a comparison. */
function resultsAt(path: string): readonly Result[] {
  const about = statSync(path, { throwIfNoEntry: false })
  if (about === undefined) return refuse(`${path}: there is no such file or folder`)
  if (!about.isDirectory()) {
    const name = path.split(sep).at(-1)!
    const known = resultFile(name, readFileSync(path))
    if (!known.ok) return refuse(known.error)
    return known.value.kind === 'scenario' ? refuse(notRunYet(path)) : [{ name, path }]
  }
  const found = filesUnder(path).filter((file) => OPENED.includes(file.split(sep).at(-1)!))
  if (found.length === 0)
    return refuse(`${path}: holds none of ${OPENED.join(', ')}; \`run --out\` and \`compare --out\` write them`)
  return found.map((file) => ({ name: relative(path, file).replaceAll(sep, '/'), path: file }))
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    // Runs that are being written are in folders with a dot.
    if (entry.name.startsWith('.')) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}

/** The page, told which results there are. */
function pageWith(page: string, results: readonly Result[]): string {
  const names = JSON.stringify(results.map(({ name }) => name))
  const attribute = names.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  return page.replace('name="fleetlab-results" content=""', () => `name="fleetlab-results" content="${attribute}"`)
}

export interface Served {
  readonly type: string
  body(): Buffer | string
}

/** Everything there is to ask for, by address. */
export function addressesOf(folder: string, results: readonly Result[]): ReadonlyMap<string, Served> {
  const addresses = new Map<string, Served>()
  for (const path of filesUnder(folder)) {
    const address = `/${relative(folder, path).replaceAll(sep, '/')}`
    addresses.set(address, {
      type: MEDIA_TYPES[extname(path)] ?? 'application/octet-stream',
      body: () => readFileSync(path),
    })
  }
  const page = addresses.get('/index.html')
  if (page !== undefined) {
    // Read once: after another build the page would name files that are not in this list.
    const text = pageWith(page.body().toString(), results)
    const body = (): string => text
    for (const address of ['/', '/index.html']) addresses.set(address, { ...page, body })
  }
  for (const [i, { path }] of results.entries())
    addresses.set(`/results/${i}`, { type: 'application/octet-stream', body: () => readFileSync(path) })
  return addresses
}

const OWN_NAMES: ReadonlySet<string> = new Set([HOST, 'localhost', '[::1]'])

/** `127.0.0.1:4747` → whether it is us; the port may be another's, where somebody forwards it. */
export function isOwnName(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host ?? '')?.[1]
  return name !== undefined && OWN_NAMES.has(name.toLowerCase())
}

/** Code, styles and data from here and nowhere else, in nobody's frame. React and the editor set styles on elements. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The simulator's worker evaluates a policy that somebody wrote in the page: there, and only there, text becomes code. */
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'self'"

const isWorker = (address: string): boolean => /\/lab\.worker-[\w-]+\.js$/.test(address)

const headersOf = (address: string, type: string): { readonly [name: string]: string } => ({
  'content-type': type,
  'cache-control': 'no-cache',
  'content-security-policy': isWorker(address) ? WORKER_POLICY : PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
})

function serverOf(addresses: ReadonlyMap<string, Served>): Server {
  return createServer((request, response) => {
    const refuseWith = (status: number, text = ''): void =>
      void response.writeHead(status, { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff' }).end(text)
    if (!isOwnName(request.headers.host)) return refuseWith(421, `this is ${HOST} and answers to no other name`)
    const address = (request.url ?? '/').split('?')[0]!
    const found = addresses.get(address)
    if (found === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      return refuseWith(found === undefined ? 404 : 405)
    }
    try {
      const body = found.body()
      response.writeHead(200, headersOf(address, found.type)).end(body)
    } catch {
      // It was there when the command began.
      refuseWith(410, 'gone')
    }
  })
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port))
  })
}

async function viewCommand(
  session: Session,
  paths: readonly string[],
  options: { readonly port: number },
): Promise<void> {
  const folder = join(packageRoot(), 'dist', 'ui')
  if (statSync(join(folder, 'index.html'), { throwIfNoEntry: false }) === undefined)
    refuse('the dashboard is not built; `npm run build` in the folder of fleetlab builds it')
  const results = paths.flatMap(resultsAt)
  const server = serverOf(addressesOf(folder, results))
  let port: number
  try {
    port = await listening(server, options.port)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return refuse(
      `--port ${options.port}: ${code === 'EADDRINUSE' ? 'is in use; choose another, or 0 for any' : message}`,
    )
  }
  session.console.print(`http://${HOST}:${port}/\n`)
  session.console.note('Ctrl-C stops it.')
  await new Promise<void>((resolve) => {
    if (session.signal.aborted) resolve()
    session.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  // Stopping is how this command ends: nothing was cut short.
  server.close()
  server.closeAllConnections()
}

export function defineView(program: Command, session: Session): void {
  const command = program
    .command('view')
    .summary('the dashboard in a browser')
    .description('Serves the dashboard on this machine, with the given results opened in it, until it is interrupted.')
    .argument('[results...]', 'result.json, compare.json, trace.fleet, or folders that --out wrote')
    .option('--port <n>', 'where to listen; 0 takes any free port', portFlag, DEFAULT_PORT)
    .action((results: readonly string[], options: { readonly port: number }) => viewCommand(session, results, options))
  examples(command, ['fleetlab view', 'fleetlab view out/compare', 'fleetlab view out/mine/trace.fleet --port 0'])
}
