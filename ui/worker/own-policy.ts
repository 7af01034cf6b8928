/**
 * Policies a browser can run: the built-in ones, and files that were written or opened in the page. Their types are stripped
 * and their imports joined here (types are checked on the command line); loops are counted, and code is evaluated and its
 * shape judged by the same lab as there, in the same words.
 */
import { parse } from 'acorn'
import { transform } from 'sucrase'
import { fail, ok, type Problem, type Result } from '../../sim/base/result.ts'
import { POLICY_EXPORTS, policyFromCode } from '../../sim/lab/policy/policy-code.ts'
import { withSteps } from '../../sim/lab/policy/policy-steps.ts'
import type { PolicyPlaces, PolicyResolver, PolicySource } from '../../sim/lab/runs/ports.ts'
import { columnBefore, syntaxWords } from './syntax-words.ts'
import { builtinPolicies, findPolicy } from '../../sim/policy/index.ts'
import { isPolicyFile } from '../../sim/scenario/index.ts'

/** Files by name. As the protocol's, which knows what an experiment is and so this. */
interface Texts {
  readonly [file: string]: string
}

const PLUG = 'fleetlab/plug'
/** As ui/build/plug-text.ts names what its script leaves. */
const PLUG_EXPORTS = 'fleetlabPlug'

/** `./a/../mine.ts` → `mine.ts`. */
function tidied(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

const ENDINGS = ['', '.ts', '.js', '.mts', '.mjs', '/index.ts', '/index.js'] as const

function fileAt(path: string, texts: Texts): string | undefined {
  const plain = path.replace(/\.js$/, '')
  return [path, plain]
    .flatMap((each) => ENDINGS.map((ending) => `${each}${ending}`))
    .find((each) => Object.hasOwn(texts, each))
}

/** A parser says where at the end of its message: `… (3:5)`. */
function parserSaid(error: unknown): { readonly said: string; readonly at: readonly [number, number] | undefined } {
  const text = (error instanceof Error ? error.message : String(error)).replace(/^Error transforming [^:]*: /, '')
  const place = / \((\d+):(\d+)\)$/.exec(text)
  return place === null
    ? { said: text, at: undefined }
    : { said: text.slice(0, place.index), at: [Number(place[1]), Number(place[2])] }
}

/** Of the stripper, which reads the text as it was written and counts columns from 1. */
function strippingProblem(error: unknown, file: string, text: string): Problem {
  const { said, at } = parserSaid(error)
  const place = at === undefined ? undefined : { line: at[0], column: at[1] }
  return { file, ...place, message: syntaxWords(said, text, place) }
}

/** Of what the stripper lets through and no engine takes: the parser reads all joined, and counts columns from 0. */
function joinedProblem(error: unknown, script: Script, modules: readonly Module[], texts: Texts): Problem {
  const { said, at } = parserSaid(error)
  const from = at === undefined ? undefined : script.places.lines[at[0] - 1]
  if (at === undefined || from === undefined || from === null)
    return { file: script.places.files[0]!, message: syntaxWords(said, '', undefined) }
  const [module, line] = from
  const text = texts[modules[module]!.file]!
  const made = script.code.split('\n')[at[0] - 1]!
  const column = columnBefore(made, at[1] + 1, text.split('\n')[line - 1] ?? '')
  const place = column === undefined ? undefined : { line, column }
  return { file: script.places.files[module]!, ...(place ?? { line }), message: syntaxWords(said, text, place) }
}

interface Module {
  readonly file: string
  readonly code: string
  /** As written → file. */
  readonly imports: ReadonlyMap<string, string>
}

/** The first of what a file asks for and may not have. */
const REQUIRE = /\brequire\((["'])((?:(?!\1).)*)\1\)/g

/** Every file that the entry leads to, itself first; or what is wrong with them. */
function modulesFrom(entry: string, texts: Texts, nameOf: (file: string) => string): Result<readonly Module[]> {
  const modules = new Map<string, Module>()
  const problems: Problem[] = []
  const visit = (file: string): void => {
    if (modules.has(file)) return
    let code: string
    try {
      const options = { filePath: file, disableESTransforms: true, preserveDynamicImport: true }
      code = transform(texts[file]!, { ...options, transforms: ['typescript', 'imports'] }).code
    } catch (error) {
      problems.push(strippingProblem(error, nameOf(file), texts[file]!))
      return
    }
    const imports = new Map<string, string>()
    modules.set(file, { file, code, imports })
    for (const [, , specifier = ''] of code.matchAll(REQUIRE)) {
      if (specifier === PLUG || imports.has(specifier)) continue
      const isOwn = specifier.startsWith('.')
      const found = isOwn ? fileAt(tidied(`${file.split('/').slice(0, -1).join('/')}/${specifier}`), texts) : undefined
      if (found !== undefined) {
        imports.set(specifier, found)
        visit(found)
      } else {
        const message = isOwn
          ? `${specifier} is not here; open it beside the policy`
          : `a policy may not import ${specifier}: it sees only its question and its view`
        problems.push({ file: nameOf(file), message })
      }
    }
  }
  visit(entry)
  return problems.length > 0 ? fail(problems) : ok([...modules.values()])
}

interface Script {
  readonly code: string
  readonly places: PolicyPlaces
}

/** One script that sets POLICY_EXPORTS: the plug, a shelf of modules, and the entry taken from it. */
function joined(modules: readonly Module[], plug: string, nameOf: (file: string) => string): Script {
  const lines: string[] = []
  const places: PolicyPlaces['lines'][number][] = []
  const add = (text: string, file?: number): void => {
    for (const [i, line] of text.split('\n').entries()) {
      lines.push(line)
      places.push(file === undefined ? null : [file, i + 1])
    }
  }
  add(plug)
  add(`var ${POLICY_EXPORTS} = (function () {\nvar shelf = {}, made = {};`)
  add('function take(file) {')
  add('if (made[file] === undefined) { made[file] = { exports: {} }; shelf[file](made[file].exports, made[file]); }')
  add('return made[file].exports;\n}')
  for (const [place, { file, code, imports }] of modules.entries()) {
    const known = JSON.stringify(Object.fromEntries(imports))
    add(`shelf[${JSON.stringify(file)}] = function (exports, module) {`)
    add(`var require = (function (files) { return function (name) {`)
    add(`return name === ${JSON.stringify(PLUG)} ? ${PLUG_EXPORTS} : take(files[name]); } })(${known});`)
    add(code, place)
    add('};')
  }
  add(`return take(${JSON.stringify(modules[0]!.file)});\n})();`)
  return { code: lines.join('\n'), places: { files: modules.map(({ file }) => nameOf(file)), lines: places } }
}

/** `reference` is how the user named the file; `plug` the text of `fleetlab/plug`. */
export function ownPolicy(reference: string, texts: Texts, plug: string): Result<PolicySource> {
  const entry = fileAt(tidied(reference), texts)
  if (entry === undefined)
    return fail([{ file: reference, message: 'no such policy file here; write or open it beside the scenario' }])
  const nameOf = (file: string): string => (file === entry ? reference : `./${file}`)
  const modules = modulesFrom(entry, texts, nameOf)
  if (!modules.ok) return modules
  const script = joined(modules.value, plug, nameOf)
  const { code: plain, places } = script
  let code: string
  try {
    code = withSteps(plain, parse(plain, { ecmaVersion: 'latest' }))
  } catch (error) {
    return fail([joinedProblem(error, script, modules.value, texts)])
  }
  // Evaluated once here, so that a wrong shape is said before any run starts.
  const policy = policyFromCode(code, reference, places)
  return policy.ok ? ok({ kind: 'code', file: reference, code, places }) : policy
}

/** `texts`: all files that only this page has. */
export const policiesOf =
  (texts: Texts, plug: string): PolicyResolver =>
  async (reference) => {
    if (findPolicy(reference) !== undefined) return ok({ kind: 'builtin', name: reference })
    if (isPolicyFile(reference)) return ownPolicy(reference, texts, plug)
    const known = builtinPolicies.map(({ name }) => name).join(', ')
    return fail([{ message: `\`${reference}\` is no policy; there are ${known}` }])
  }
