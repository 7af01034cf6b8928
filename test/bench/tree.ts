/** A checkout whose probe can be run: this one, or another commit beside it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import type { ProbeTask, Round } from './probe.ts'

const PROBE_SOURCES = ['probe.ts', 'fleet-scenario.ts']
const CACHE = 'node_modules/.cache/fleetlab-bench'

const git = (...words: string[]): string => execFileSync('git', words, { encoding: 'utf8' }).trim()
const lockOf = (root: string): string => readFileSync(join(root, 'package-lock.json'), 'utf8')

export interface Tree {
  readonly name: string
  readonly root: string
  readonly probe: string
}

/** The probe of a tree, bundled the same way for both. */
export async function treeAt(name: string, root: string): Promise<Tree> {
  const outDir = join(root, 'dist', 'bench-probe')
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { ssr: 'test/bench/probe.ts', target: 'node20', outDir, emptyOutDir: true, minify: false },
    ssr: { noExternal: true, external: ['vite', 'tinypool'] },
  })
  return { name, root, probe: join(outDir, 'probe.js') }
}

/** A worktree of the reference commit with the probe of this tree in it; kept for the next time. */
export async function referenceTree(revision: string): Promise<Tree> {
  let commit: string
  try {
    commit = git('rev-parse', '--verify', `${revision}^{commit}`)
  } catch {
    process.stderr.write(
      `no commit ${revision} here (a shallow clone?): name another with --reference, or none with --alone\n`,
    )
    process.exit(2)
  }
  const root = resolve(CACHE, commit.slice(0, 12))
  if (!existsSync(join(root, 'package.json'))) {
    git('worktree', 'prune')
    git('worktree', 'add', '--detach', '--force', root, commit)
  }
  if (!existsSync(join(root, 'node_modules'))) {
    if (lockOf(root) === lockOf('.')) await symlink(resolve('node_modules'), join(root, 'node_modules'))
    else execFileSync('npm', ['ci', '--ignore-scripts', '--silent'], { cwd: root, stdio: 'inherit' })
  }
  await mkdir(join(root, 'test', 'bench'), { recursive: true })
  for (const source of PROBE_SOURCES) await cp(`test/bench/${source}`, join(root, 'test', 'bench', source))
  return treeAt(`${commit.slice(0, 7)} (before)`, root)
}

export function measure(tree: Tree, task: ProbeTask): readonly Round[] {
  const out = execFileSync(process.execPath, [tree.probe, JSON.stringify(task)], {
    cwd: tree.root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Round)
}
