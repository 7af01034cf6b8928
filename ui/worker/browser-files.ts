/** Files of scenarios in a browser: texts the user edited or dropped, and everything else from beside the page. */
import type { Files } from '../../sim/lab/runs/ports.ts'

/** `a/b/../c` → `a/c`; never above the page. */
function normalised(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

/** `texts` by path; `base` is the page's folder. */
export function browserFiles(texts: { readonly [path: string]: string }, base: string): Files {
  const fetched = new Map<string, Promise<string | undefined>>()
  const load = async (path: string): Promise<string | undefined> => {
    const response = await fetch(new URL(path, base))
    // A host that answers every address with its page has no such file.
    if (!response.ok || (response.headers.get('content-type') ?? '').includes('text/html')) return undefined
    return response.text()
  }
  return {
    async read(path) {
      const own = texts[path]
      if (own !== undefined) return own
      const known = fetched.get(path) ?? load(path)
      fetched.set(path, known)
      return known
    },
    resolve: (from, relative) => normalised(`${from.split('/').slice(0, -1).join('/')}/${relative}`),
  }
}
