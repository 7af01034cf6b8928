/**
 * Turns a user's policy file into one script. Node 20 cannot load TypeScript, and a policy may spread over several
 * files, so Vite bundles it when it is needed (and is loaded only then: it takes longer than a small run). The script
 * is evaluated in the lab, with chance and clocks taken away.
 */
import { existsSync, statSync } from 'node:fs'
import { isBuiltin, SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { POLICY_EXPORTS } from '../../lab/policy/policy-code.ts'
import type { PolicyPlaces } from '../../lab/runs/ports.ts'
import { packageRoot } from '../files/package-root.ts'
import { withSteps } from '../../lab/policy/policy-steps.ts'

const PLUG = 'fleetlab/plug'

interface BundlerError {
  readonly message?: string
  readonly loc?: { readonly line: number; readonly column: number }
}

/** What the bundler says of one error, without its colours and its picture of the line. */
function problemOf(error: BundlerError, file: string, path: string): Problem {
  const text = stripVTControlCharacters(error.message ?? 'cannot be bundled')
  const message = (text.split('\n').find((line) => line.trim() !== '') ?? text)
    .replace(/^\[[^\]]*\]\s*/, '')
    .replace(/\.$/, '')
  const place = /\[ (.+):(\d+):(\d+) \]/.exec(text)
  if (place === null) return { file, ...(error.loc === undefined ? {} : { line: error.loc.line }), message }
  const where = resolve(place[1]!)
  return {
    file: where === path ? file : relative('.', where),
    line: Number(place[2]),
    column: Number(place[3]),
    message,
  }
}

export interface PolicyScript {
  readonly code: string
  readonly places: PolicyPlaces
  /** Every file of the user's that went into it, also where nothing of it is left in the code. */
  readonly files: readonly string[]
}

/** Where each line of the bundle comes from, but for our own files. */
function placesOf(
  code: string,
  map: SourceMapPayload,
  root: string,
  entry: { path: string; file: string },
): PolicyPlaces {
  const found = new SourceMap(map)
  const files: string[] = []
  const ours = join(packageRoot(), 'sim')
  const lines = code.split('\n').map((_, line): readonly [number, number] | null => {
    const place = found.findEntry(line, Number.MAX_SAFE_INTEGER)
    if (!('originalSource' in place) || place.generatedLine !== line) return null
    const where = resolve(root, place.originalSource)
    if (where.startsWith(ours)) return null
    const name = where === entry.path ? entry.file : relative('.', where)
    const known = files.indexOf(name)
    return [known === -1 ? files.push(name) - 1 : known, place.originalLine + 1]
  })
  return { files, lines }
}

/** A bundle as one script that sets POLICY_EXPORTS. `path` is where the file is, `file` how the user named it. */
export async function bundlePolicy(path: string, file: string): Promise<Result<PolicyScript>> {
  if (!existsSync(path)) return fail([{ file, message: 'no such policy file' }])
  if (!statSync(path).isFile())
    return fail([{ file, message: 'is not a file; a policy is one TypeScript or JavaScript file' }])
  const outside: Problem[] = []
  const read = new Set<string>()
  const { build, parseSync } = await import('vite')
  try {
    const built = await build({
      configFile: false,
      envFile: false,
      publicDir: false,
      root: dirname(path),
      logLevel: 'silent',
      plugins: [
        {
          name: 'fleetlab-plug',
          enforce: 'pre',
          resolveId(specifier, importer) {
            if (specifier === PLUG) return join(packageRoot(), 'sim', 'plug', 'index.ts')
            if (!isBuiltin(specifier)) return null
            const by = importer === undefined || importer === path ? file : relative('.', importer)
            outside.push({
              file: by,
              message: `a policy may not import ${specifier}: it sees only its question and its view`,
            })
            return { id: specifier, external: true }
          },
          moduleParsed({ id }) {
            if (isAbsolute(id) && !id.startsWith(join(packageRoot(), 'sim'))) read.add(id)
          },
          renderChunk(code) {
            // The map of lines stays as it is, and nobody asks for columns.
            return { code: withSteps(code, parseSync('policy.js', code).program), map: null }
          },
        },
      ],
      build: {
        write: false,
        minify: false,
        target: 'es2023',
        sourcemap: true,
        lib: { entry: path, formats: ['iife'], name: POLICY_EXPORTS, fileName: 'policy' },
        rolldownOptions: { output: { exports: 'named' } },
      },
    })
    if (outside.length > 0) return fail(outside)
    const output = Array.isArray(built) ? built[0] : built
    const chunk = output !== undefined && 'output' in output ? output.output[0] : undefined
    if (chunk === undefined || chunk.type !== 'chunk') return fail([{ file, message: 'gave no code' }])
    const { code, map } = chunk
    const places =
      map === null
        ? { files: [], lines: [] }
        : placesOf(code, JSON.parse(map.toString()) as SourceMapPayload, join(dirname(path), 'dist'), { path, file })
    const files = [...read].map((id) => (id === path ? file : relative('.', id))).toSorted()
    return ok({ code, places, files })
  } catch (error) {
    const errors = (error as { readonly errors?: readonly BundlerError[] }).errors ?? [error as BundlerError]
    return fail([...outside, ...errors.map((entry) => problemOf(entry, file, path))])
  }
}
