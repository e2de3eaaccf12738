import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { Output } from './output.ts'
import { textTable } from './text-table.ts'

const NAME = 'red \u001b[2Jand\n\u202elate\u009b1m'

it('shows what a terminal would obey, in results and notes, and leaves JSON as it is', async () => {
  const [out, err] = [new PassThrough(), new PassThrough()]
  const output = new Output({ isJson: false, out, err })
  await output.result({}, () =>
    textTable([
      ['id', NAME],
      ['other', 'Zürich 🎉'],
    ]),
  )
  output.note(NAME)
  expect(String(out.read())).toBe('id     red \\u001b[2Jand\\n\\u202elate\\u009b1m\nother  Zürich 🎉\n')
  expect(String(err.read())).toBe('red \\u001b[2Jand\n\\u202elate\\u009b1m\n')
  await new Output({ isJson: true, out, err }).result({ name: NAME }, () => '')
  expect(JSON.parse(String(out.read()))).toEqual({ name: NAME })
})
