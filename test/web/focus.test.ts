import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const PAGE = fileURLToPath(new URL('../../apps/web/src', import.meta.url))
/** A passive effect, up to a call in it that takes the focus or puts the caret somewhere. */
const TAKES_FOCUS_LATE = /\buseEffect\(\(\) => (?:\{(?:(?!\n {2}\})[^])*?|[^\n]*)\.(?:focus|select|setSelectionRange)\(/

it('no part of the page takes the focus after it was painted: what somebody types at once would land elsewhere', () => {
  const late = globSync('**/*.tsx', { cwd: PAGE }).filter((file) => TAKES_FOCUS_LATE.test(readFileSync(join(PAGE, file), 'utf8')))
  expect(late).toEqual([])
})
