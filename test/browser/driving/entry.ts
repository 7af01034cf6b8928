/** What the browser runs: the same simulator, given the text of a scenario. */
import { formatProblem } from '../../../sim/base/result.ts'
import { exp, ln, pow } from '../../../sim/base/math.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { loadScenario } from '../../../sim/scenario/index.ts'
import { simulate } from '../../../sim/simulation.ts'

export interface BrowserLab {
  digest(files: { readonly [path: string]: string }, path: string, policy: string, seed: number): Promise<string>
  /** Bits of ln, exp and pow over many arguments, folded into one number. */
  mathBits(count: number): number
}

export const lab: BrowserLab = {
  async digest(files, path, policy, seed) {
    const loaded = await loadScenario(path, {
      read: async (file) => files[file],
      resolve: (_, relative) => relative,
    })
    if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'))
    const found = findPolicy(policy)
    if (found === undefined) throw new Error(`no policy ${policy}`)
    const { result } = await simulate({ scenario: loaded.value, policy: found, policyName: policy, seed })
    return result.digest
  },
  mathBits(count) {
    const view = new DataView(new ArrayBuffer(8))
    let bits = 0
    const fold = (value: number): void => {
      view.setFloat64(0, value)
      bits = (Math.imul(bits, 31) + view.getInt32(0)) | 0
      bits = (Math.imul(bits, 31) + view.getInt32(4)) | 0
    }
    for (let i = 1; i <= count; i++) {
      const x = (i * 0.6180339887498949) % 700
      fold(ln(x))
      fold(exp(x - 350))
      fold(pow(x, 0.37))
    }
    return bits
  },
}

declare global {
  // The page's only global.
  var fleetlab: BrowserLab
}

globalThis.fleetlab = lab
