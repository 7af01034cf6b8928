/**
 * `npm run docs:outputs [-- PAGE…]`: follows pages from a fresh clone of the last commit, puts what was printed where a page shows all of it,
 * and keeps digests in docs/outputs.json. Where a page shows a part, its lines must be true already.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { follow, freshClone, kept, type KeptOutput } from './fresh-clone.ts'
import { pagePaths, pageText, type PageStep, ROOT, stepsOf } from './page.ts'

const KEPT = join(ROOT, 'docs', 'outputs.json')

type PageCommand = Extract<PageStep, { kind: 'command' }>
const commandsIn = (steps: readonly PageStep[]): readonly PageCommand[] =>
  steps.flatMap((step) => (step.kind === 'command' ? [step] : []))

const outputs = JSON.parse(readFileSync(KEPT, 'utf8')) as Record<string, readonly KeptOutput[]>
const asked = process.argv.slice(2)
const unknown = asked.find((path) => !pagePaths().includes(path))
if (unknown !== undefined) throw new Error(`${unknown} is no page; pages are ${pagePaths().join(', ')}`)

const clone = freshClone()
try {
  for (const path of asked.length > 0 ? asked : pagePaths()) {
    const steps = stepsOf(pageText(path))
    if (commandsIn(steps).length === 0) {
      delete outputs[path]
      continue
    }
    const home = clone.again()
    try {
      const results = await follow(steps, home.folder)
      // Commands whose outputs are measurements are not followed.
      if (results.length === 0) {
        delete outputs[path]
        continue
      }
      let text = pageText(path)
      for (const [at, step] of commandsIn(steps)
        .filter((each) => results.some(({ command }) => command === each.text))
        .entries()) {
        const { output, untrue, exit } = results[at]!
        process.stdout.write(`${path}:${step.line} exit ${exit}: ${step.text}\n`)
        if (untrue === undefined) continue
        const isWhole = !/^\s*[…⋮]/m.test(step.shown)
        if (isWhole) text = text.replace(step.shown, () => output.trimEnd())
        else process.stdout.write(`  not so any more: ${untrue}\n${output}\n`)
      }
      writeFileSync(join(ROOT, path), text)
      const now = commandsIn(stepsOf(text)).filter(({ text: command }) =>
        results.some((each) => each.command === command),
      )
      outputs[path] = results.map((result, at) => kept({ ...result, shown: now[at]!.shown }))
    } finally {
      home.remove()
    }
  }
} finally {
  clone.remove()
}
const sorted = Object.fromEntries(Object.entries(outputs).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(KEPT, `${JSON.stringify(sorted, null, 1)}\n`)
