/** What the command line says of the same run, to hold the page against. */
import { main } from '../../../sim/cli/main.ts'

async function fleetlab(words: readonly string[]): Promise<string> {
  let out = ''
  const code = await main({
    arguments: words,
    worker: undefined,
    signal: new AbortController().signal,
    console: {
      print: (text) => void (out += `${text}\n`),
      note() {},
      paint: (_, text) => text,
      width: 120,
      progress: () => ({ update() {}, end() {} }),
    },
  })
  if (code !== 0) throw new Error(`fleetlab ${words.join(' ')} ended with ${code}`)
  return out
}

/** As `--explain` prints it. */
export const explainedInNode = (scenario: string, policy: string, request: number): Promise<string> =>
  fleetlab(['run', scenario, '--policy', policy, '--explain', String(request)])

/** Into a folder: `result.json`, `trace.fleet` and the rest. */
export const runInNode = (scenario: string, policy: string, folder: string): Promise<string> =>
  fleetlab(['run', scenario, '--policy', policy, '--out', folder])

/** Into a folder: `compare.json`. */
export const compareInNode = (scenario: string, folder: string): Promise<string> =>
  fleetlab(['compare', scenario, '--out', folder])
