/** File work for an option: what goes wrong with it becomes one message that names the option. */
import { BadInputError } from '../../base/result.ts'
import { InterruptedError, MachineError, refuse } from '../exit.ts'

/** What stands there does not fit what the option wants: give another path. */
const IN_THE_WAY: { readonly [code: string]: string } = {
  ENOTDIR: 'a file of that name is in the way',
  EEXIST: 'a file of that name is in the way',
  EISDIR: 'a folder of that name is in the way',
  ENOTEMPTY: 'a folder of that name is in the way',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  EBADF: 'is not open for writing in this process',
}

/** What the machine would not do. Its own words serve for what is not listed. */
const REFUSED: { readonly [code: string]: string } = {
  ENOENT: 'the system lets nothing be made there',
  EACCES: 'not allowed to write there',
  EPERM: 'not allowed to write there',
  EROFS: 'not allowed to write there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full for this user',
}

export const reasonOf = (error: unknown): string => {
  const { code = '', message } = error as { readonly code?: string; readonly message?: string }
  return REFUSED[code] ?? message ?? String(error)
}

function fail(option: string, path: string, error: unknown): never {
  if (error instanceof BadInputError || error instanceof InterruptedError) throw error
  const { code } = error as { readonly code?: string }
  // Without a code of the system's it is a bug of ours.
  if (code === undefined) throw error
  const inTheWay = IN_THE_WAY[code]
  if (inTheWay !== undefined) return refuse(`${option} ${path}: cannot be written: ${inTheWay}`)
  throw new MachineError(`${option} ${path}: cannot be written: ${reasonOf(error)}`)
}

export function attempt<T>(option: string, path: string, work: () => T): T {
  try {
    const done = work()
    return done instanceof Promise ? (done.catch((error: unknown) => fail(option, path, error)) as T) : done
  } catch (error) {
    return fail(option, path, error)
  }
}
