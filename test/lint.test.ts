import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const NETWORK = 'packages/docstore/src/network'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-lint-'))
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The rules that these files break, as `npm run lint` would say. */
function broken(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['--format=json', 'packages'], { cwd: folder, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly { code: string; filename: string }[] }
  return diagnostics.map(({ code, filename }) => `${filename}: ${code}`)
}

describe('the rules of the house', () => {
  it('take a room that is entered through its index', () => {
    const files = {
      [`${NETWORK}/timing/delay.ts`]: 'export const delay = 1\n',
      [`${NETWORK}/timing/index.ts`]: "export { delay } from './delay.ts'\n",
      [`${NETWORK}/sync/wait.ts`]: "import { delay } from '../timing/index.ts'\n\nexport const wait: number = delay\n",
      'packages/docstore/src/store/pause.ts': "import { delay } from '../network/timing/index.ts'\n\nexport const pause: number = delay\n",
    }
    expect(broken(files)).toEqual([])
  })

  it.each([
    [`${NETWORK}/sync/wait.ts`, '../timing/delay.ts'],
    [`${NETWORK}/local-network.ts`, './timing/delay.ts'],
    ['packages/docstore/src/store/wait.ts', '../network/timing/delay.ts'],
  ])('refuse %s that imports %s, past the index of its room', (path, target) => {
    const files = {
      [`${NETWORK}/timing/delay.ts`]: 'export const delay = 1\n',
      [path]: `import { delay } from '${target}'\n\nexport const wait: number = delay\n`,
    }
    expect(broken(files)).toEqual([`${path}: eslint(no-restricted-imports)`])
  })

  it('refuse a circle of imports', () => {
    const files = {
      'packages/core/src/sync/a.ts': "import { b } from './b.ts'\n\nexport const a: number = b\n",
      'packages/core/src/sync/b.ts': "import { a } from './a.ts'\n\nexport const b: number = a\n",
    }
    expect(broken(files).filter((line) => line.includes('no-cycle'))).not.toEqual([])
  })

  it('refuse a circle that types alone make', () => {
    const files = {
      'packages/core/src/sync/a.ts': "import type { B } from './b.ts'\n\nexport interface A {\n  readonly b?: B\n}\n",
      'packages/core/src/sync/b.ts': "import type { A } from './a.ts'\n\nexport interface B {\n  readonly a?: A\n}\n",
    }
    expect(broken(files).filter((line) => line.includes('no-cycle'))).not.toEqual([])
  })
})
