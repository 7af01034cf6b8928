/**
 * Puts the repository's scenarios and the traces they replay beside the page, with a list of what there is. A scenario
 * is fetched when somebody opens it; the list is all that a visit needs.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { parse } from 'yaml'
import type { ShippedScenario } from '../data/shipped-scenario.ts'

const SERVED = /\.(?:ya?ml|csv)$/
const LIST = 'scenarios/index.json'

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : SERVED.test(name) ? [path] : []
  })
}

function listed(path: string, text: string): ShippedScenario {
  const document = parse(text) as { readonly name?: string; readonly about?: string } | null
  const folder = path.split('/').slice(1, -1).join('/')
  return { path, folder, name: document?.name ?? path.split('/').at(-1)!, about: document?.about ?? '' }
}

/** `folder` as seen from where the build runs; it keeps its name on the host. */
export function shippedScenarios(folder: string): Plugin {
  const root = resolve('.')
  const files = () =>
    filesUnder(resolve(folder)).map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }))
  const list = (): string =>
    JSON.stringify(files().flatMap(({ path, text }) => (/\.ya?ml$/.test(path) ? [listed(path, text)] : [])))
  return {
    name: 'fleetlab-shipped-scenarios',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: LIST, source: list() })
      for (const { path, text } of files()) this.emitFile({ type: 'asset', fileName: path, source: text })
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = (request.url ?? '').slice(1).split('?')[0]!
        if (path === LIST) return void response.end(list())
        const found = files().find((file) => file.path === path)
        return found === undefined ? next() : void response.end(found.text)
      })
    },
  }
}
