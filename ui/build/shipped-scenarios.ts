/**
 * Puts the repository's scenarios and the traces they replay beside the page, with a list of what there is. A scenario
 * is fetched when somebody opens it; the list is all that a visit needs.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { parse } from 'yaml'
import { type WrittenArm, wordsOfArm } from '../data/answer/arm-words.ts'
import type { ShippedScenario } from '../data/answer/shipped-scenario.ts'

const SERVED = /\.(?:ya?ml|csv)$/
const LIST = 'scenarios/index.json'

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : SERVED.test(name) ? [path] : []
  })
}

interface ListedDocument {
  readonly name?: string
  readonly about?: string
  readonly policies?: readonly (string | { readonly policy: string; readonly set?: object; readonly as?: string })[]
}

function writtenArm(arm: NonNullable<ListedDocument['policies']>[number]): WrittenArm {
  if (typeof arm === 'string') return { policy: arm, as: arm, settings: [] }
  const settings = Object.entries(arm.set ?? {}).map(([path, value]) => `${path}=${JSON.stringify(value)}`)
  return { policy: arm.policy, as: arm.as ?? arm.policy, settings }
}

function listed(path: string, text: string): ShippedScenario {
  const document = parse(text) as ListedDocument | null
  const folder = path.split('/').slice(1, -1).join('/')
  const arms = Object.fromEntries((document?.policies ?? []).map(writtenArm).map((arm) => [arm.as, wordsOfArm(arm)]))
  return { path, folder, name: document?.name ?? path.split('/').at(-1)!, about: document?.about ?? '', arms }
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
