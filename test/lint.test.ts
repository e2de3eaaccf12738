import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const repository = fileURLToPath(new URL('..', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(repository, 'test', 'lint-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** What the linter says of these files, with the configuration of the repository; types are not needed for it. */
async function lint(files: Readonly<Record<string, string>>): Promise<string> {
  const place = await mkdtemp(join(folder, 'case-'))
  for (const [name, text] of Object.entries(files)) {
    const path = join(place, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, text)
  }
  const oxlint = join(repository, 'node_modules', '.bin', 'oxlint')
  try {
    return (await promisify(execFile)(oxlint, [place], { cwd: repository, shell: process.platform === 'win32' })).stdout
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

describe('the linter', () => {
  it('refuses a circle of imports', async () => {
    const said = await lint({
      'one.ts': "import { two } from './two.ts'\n\nexport const one = (): unknown => two\n",
      'two.ts': "import { one } from './one.ts'\n\nexport const two = (): unknown => one\n",
    })
    expect(said).toContain('Dependency cycle detected')
  })

  it('refuses a circle that types alone make', async () => {
    const said = await lint({
      'one.ts': "import type { Two } from './two.ts'\n\nexport interface One {\n  readonly two?: Two\n}\n",
      'two.ts': "import type { One } from './one.ts'\n\nexport interface Two {\n  readonly one?: One\n}\n",
    })
    expect(said).toContain('Dependency cycle detected')
  })

  it('has nothing against a line of imports', async () => {
    const said = await lint({
      'one.ts': "import { two } from './two.ts'\n\nexport const one = (): unknown => two\n",
      'two.ts': 'export const two = 2\n',
    })
    expect(said).toContain('Found 0 warnings and 0 errors')
  })
})
