import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Installs the peers where that was not done since they changed last. */
export function installPeers(folder: string): void {
  // npm writes this one when it is done.
  const installed = modified(join(folder, 'node_modules', '.package-lock.json'))
  if (installed !== undefined && installed >= (modified(join(folder, 'package-lock.json')) ?? 0)) return
  console.error('Installing the peers (npm ci, about 500 MB) …')
  const { status, error } = spawnSync('npm', ['ci'], {
    cwd: folder,
    // Native parts are for the Node that runs them, which need not be the one that npm would find.
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` },
    // Standard output is for the table.
    stdio: ['ignore', process.stderr, 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm ci failed in ${folder}. Run it there and see why`, { cause: error })
}

/** Builds what lies here: everybody is measured as users get it. */
export function buildOurs(): void {
  const script = fileURLToPath(new URL('../../scripts/build.js', import.meta.url))
  const { status, error } = spawnSync(process.execPath, [script], { stdio: ['ignore', process.stderr, 'inherit'] })
  if (status !== 0) throw new Error('Our packages could not be built. Run npm run build and see why', { cause: error })
}

function modified(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}
