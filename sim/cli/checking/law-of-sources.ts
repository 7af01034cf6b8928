/**
 * A fingerprint of the code that results rest on, for baselines to name: a version says too little while it is being worked
 * on. A comment that changes changes it as well, which costs nobody a baseline: digests that are equal need no reason.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** From the request to the figure. */
const ROOMS = [
  'base',
  'kernel',
  'catalog',
  'protocol',
  'trace',
  'demand',
  'mac',
  'plug',
  'coordinator',
  'policy',
  'scenario',
  'metrics',
  'simulation',
  'simulation.ts',
]
const DIGITS = 12

function filesAt(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesAt(join(path, name)))
}

/** `folder` is `sim`, wherever it lies. Tables that the catalog keeps as JSON count as source. */
export function lawOfSources(folder: string): string {
  const hash = createHash('sha256')
  for (const room of ROOMS)
    for (const file of filesAt(join(folder, room)))
      if (/\.(?:ts|json)$/.test(file)) hash.update(readFileSync(file)).update('\0')
  return hash.digest('hex').slice(0, DIGITS)
}
