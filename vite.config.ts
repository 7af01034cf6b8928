/**
 * One configuration for everything that is built or tested: `--mode cli` bundles the command line and its worker for
 * Node, `--mode bench` bundles the benchmarks, `--mode mutation` the mutation run, `--mode study` the studies, and Vitest reads `test`.
 */
import { builtinModules } from 'node:module'
import type { UserConfig } from 'vite'
import { defineConfig } from 'vitest/config'
import manifest from './package.json' with { type: 'json' }

/** What Node resolves by itself at run time; everything else is ours and goes into the bundle. */
const external = [
  ...builtinModules,
  ...builtinModules.map((name) => `node:${name}`),
  ...Object.keys(manifest.dependencies).flatMap((name) => [name, new RegExp(`^${name}/`)]),
  'simjs',
]

function nodeBuild(entries: Record<string, string>, outDir: string): UserConfig {
  return {
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input: entries,
        external,
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
    ssr: { noExternal: [] },
    logLevel: 'warn',
  }
}

export default defineConfig(({ mode }) => {
  switch (mode) {
    case 'cli':
      return nodeBuild(
        { fleetlab: 'sim/cli/fleetlab.ts', worker: 'sim/cli/worker.ts', plug: 'sim/plug/index.ts' },
        'dist/cli',
      )
    case 'bench':
      return nodeBuild({ kernel: 'test/bench/kernel.ts', headline: 'test/bench/headline.ts' }, 'dist/bench')
    case 'mutation':
      return nodeBuild({ run: 'test/mutation/run.ts' }, 'dist/mutation')
    case 'study':
      return nodeBuild({ pools: 'test/study/pools.ts' }, 'dist/study')
    default:
      return {
        test: {
          include: ['test/**/*.test.ts'],
          testTimeout: 60_000,
          pool: 'threads',
          // Loading the modules once per thread instead of once per file saves a third of the time; no test leaves state in them.
          isolate: false,
          reporters: ['default', './test/summary-reporter.ts'],
        },
      }
  }
})
