/** The built dashboard on a static host of its own: files and nothing else, as any host would serve them. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'

const TYPES: { readonly [ending: string]: string } = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
}

export interface Host {
  readonly url: string
  close(): void
  /** An idle host alone does not keep the process alive. */
  unref(): void
}

export async function staticHost(folder = 'dist/ui'): Promise<Host> {
  const root = resolve(folder)
  const server = createServer((request, response) => {
    const path = join(root, decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'))
    const file = path.endsWith('/') ? join(path, 'index.html') : path
    try {
      const body = readFileSync(file)
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close(), unref: () => server.unref() }
}
