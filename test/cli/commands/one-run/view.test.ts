/** `fleetlab view`: serves the dashboard and the given results, and nothing else. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../../../sim/cli/main.ts'
import { addressesOf, isOwnName } from '../../../../sim/cli/commands/one-run/view.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-view-'))
  mkdirSync(join(folder, 'ui'))
  writeFileSync(join(folder, 'ui', 'index.html'), '<meta name="fleetlab-results" content="" />')
  writeFileSync(join(folder, 'result.json'), '{"format":"fleetlab.run/1"}')
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Answer {
  readonly status: number | undefined
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

/** Not fetch: it tidies a path before it sends it. */
function get(url: string, path: string, host?: string): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers: host === undefined ? {} : { host } }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode, body, headers: response.headers }))
    })
    asked.on('error', reject).end()
  })
}

interface Heard {
  readonly code: number
  readonly notes: string
}

async function view(
  words: readonly string[],
  whileServed: (url: string) => Promise<void> = async () => {},
): Promise<Heard> {
  const stop = new AbortController()
  const notes: string[] = []
  let served: Promise<void> = Promise.resolve()
  const code = await main({
    arguments: ['view', ...words],
    worker: undefined,
    signal: stop.signal,
    console: {
      print(text) {
        served = whileServed(text.trim()).finally(() => stop.abort())
      },
      note: (text) => void notes.push(text),
      paint: (_, text) => text,
      width: 80,
      progress: () => ({ update() {}, end() {} }),
    },
  })
  await served
  return { code, notes: notes.join('\n') }
}

describe('fleetlab view', () => {
  it('serves the page with the names of the results, and the results', async () => {
    const addresses = addressesOf(join(folder, 'ui'), [{ name: 'a "b".json', path: join(folder, 'result.json') }])
    expect(addresses.get('/')!.body().toString()).toBe(
      '<meta name="fleetlab-results" content="[&quot;a \\&quot;b\\&quot;.json&quot;]" />',
    )
    expect(addresses.get('/results/0')!.body().toString()).toContain('fleetlab.run/1')
    const page = readFileSync(join(folder, 'ui', 'index.html'))
    writeFileSync(join(folder, 'ui', 'index.html'), 'of another build, that names other files')
    expect(addresses.get('/')!.body().toString()).toContain('a \\&quot;b')
    writeFileSync(join(folder, 'ui', 'index.html'), page)
    expect([...addresses.keys()].sort()).toEqual(['/', '/index.html', '/results/0'])
  })

  it('leads nowhere but to the dashboard and the results, and stops cleanly when interrupted', async () => {
    const { code } = await view([join(folder, 'result.json'), '--port', '0'], async (url) => {
      expect((await get(url, '/')).body).toContain('result.json')
      expect((await get(url, '/results/0')).body).toContain('fleetlab.run/1')
      for (const path of [
        '/../package.json',
        '/..%2f..%2fpackage.json',
        '/results/1',
        '/results/../../../etc/passwd',
      ]) {
        expect((await get(url, path)).status, path).toBe(404)
      }
    })
    expect(code).toBe(0)
  })

  it('answers to its own names alone, so that no site whose name leads here reads results', async () => {
    await view([join(folder, 'result.json'), '--port', '0'], async (url) => {
      const { port } = new URL(url)
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', '[::1]:1'])
        expect((await get(url, '/results/0', host)).status, host).toBe(200)
      for (const host of [`evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', '127.0.0.1@x']) {
        for (const path of ['/', '/results/0']) {
          const { status, body } = await get(url, path, host)
          expect(status, host).toBe(421)
          expect(body, host).not.toContain('fleetlab.run/1')
        }
      }
    })
    for (const host of [undefined, '', ':', 'localhost:', 'localhost:x', 'a[::1]', '[::1', '127.0.0.1:1:1'])
      expect(isOwnName(host), host).toBe(false)
  })

  it('lets the page run code from here alone, and only the simulator’s worker make code of text', async () => {
    await view(['--port', '0'], async (url) => {
      const page = await get(url, '/')
      expect(page.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/),
      })
      expect(page.headers['content-security-policy']).not.toContain('eval')
      const scripts = readdirSync('dist/ui/assets').filter((name) => name.endsWith('.js'))
      const policies = await Promise.all(
        scripts.map(async (name) => [name, (await get(url, `/assets/${name}`)).headers['content-security-policy']]),
      )
      const evaluating = policies.filter(([, policy]) => policy?.includes('unsafe-eval')).map(([name]) => name)
      expect(evaluating.length).toBeGreaterThan(0)
      expect(evaluating.filter((name) => !String(name).startsWith('lab.worker-'))).toEqual([])
      expect((await get(url, '/nowhere')).headers['x-content-type-options']).toBe('nosniff')
    })
  })

  it('refuses a file that is not there and a folder without results, with exit code 2', async () => {
    expect(await view([join(folder, 'nothing.json')])).toMatchObject({ code: 2 })
    const { code, notes } = await view([join(folder, 'ui')])
    expect(code).toBe(2)
    expect(notes).toMatch(/holds none of compare.json, result.json, trace.fleet/)
  })

  it('refuses a scenario, which it would show nothing of, and says how to see it', async () => {
    const path = join(folder, 'my.yaml')
    writeFileSync(path, 'name: mine\n')
    const { code, notes } = await view([path])
    expect(code).toBe(2)
    expect(notes).toContain(`${path}: is a scenario, and view opens results; \`fleetlab run ${path} --out out\``)
  })

  it('refuses a port that is in use', async () => {
    await view(['--port', '0'], async (url) => {
      const { code, notes } = await view(['--port', new URL(url).port])
      expect(code).toBe(2)
      expect(notes).toMatch(/is in use/)
    })
  })
})
