/** Places in a document, as people write them: `fleet[0].machine.memory`, `demand[0].mix["gemma-4.1"]`. */

export type Path = readonly (string | number)[]

const PLAIN_KEY = /^[A-Za-z_][\w-]*$/
/** Between quotes stands what JSON allows there, because JSON reads it. */
const STEP = /^(?:\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\["((?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*)"\])/u

export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}

/** undefined when it is not a path. */
export function parsePath(text: string): Path | undefined {
  const path: (string | number)[] = []
  let rest = text
  while (rest !== '') {
    const match = STEP.exec(rest)
    if (match === null) return undefined
    const [step, key, index, quoted] = match
    // A key is set off by a dot, except the first.
    if (key !== undefined && step.startsWith('.') !== path.length > 0) return undefined
    path.push(key ?? (index === undefined ? (JSON.parse(`"${quoted}"`) as string) : Number(index)))
    rest = rest.slice(step.length)
  }
  return path.length === 0 ? undefined : path
}

/** The value at a path of plain data; undefined when there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as { readonly [key: string | number]: unknown })[step]
  }
  return value
}
