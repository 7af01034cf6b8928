/** The law this program follows: put in when it is built, read from the sources where it runs from them. */
import { join } from 'node:path'
import { lawOfSources } from './law-of-sources.ts'
import { packageRoot } from '../files/package-root.ts'

declare const FLEETLAB_LAW: string | undefined

export const law = (): string =>
  typeof FLEETLAB_LAW === 'string' ? FLEETLAB_LAW : lawOfSources(join(packageRoot(), 'sim'))
