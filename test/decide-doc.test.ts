/** The page on `fleetlab decide` shows a state that is read, and the answer that is given. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { decideStates } from '../sim/lab/decide/decide.ts'
import { readStates } from '../sim/lab/decide/decide-source.ts'
import { formatDecided } from '../sim/report/explain/decide-text.ts'
import { resolvePolicy } from '../sim/cli/policy-files/policy-source.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '..'), 'docs', 'decide.md'), 'utf8')
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)![1]!

it('the page on decide shows the answer to the state that it shows', async () => {
  const states = readStates('page.json', block('json'))
  if (!states.ok) throw new Error(states.error[0]!.message)
  const shown: string[] = []
  for await (const each of decideStates({ states: states.value, policy: undefined, explained: true }, resolvePolicy)) {
    if (each.ok) shown.push(formatDecided(each.value))
  }
  expect(`${shown.join('\n')}\n`).toBe(block('text'))
})
