import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const WEB = new URL('../../apps/web/', import.meta.url)
const PAGE = new URL('../../packages/relay/dist/page/index.html', import.meta.url)

/** Builds the page where it was not built yet. */
export async function buildPageIfMissing(): Promise<void> {
  if (existsSync(PAGE)) return
  await promisify(execFile)('npm', ['run', 'build'], { cwd: fileURLToPath(WEB) })
}
