import { expect, it } from 'vitest'
import { commandText, quoted, withData } from './command-text.ts'

it('a command that somebody is told works on the folder that was given, however it is called', () => {
  const given = { data: "/tmp/Ada's $& data", isDataGiven: true }
  expect(commandText(given, 'join LINK')).toBe("docstore --data '/tmp/Ada'\\''s $& data' join LINK")
  expect(commandText({ ...given, isDataGiven: false }, 'join LINK')).toBe('docstore join LINK')
  expect(quoted('a/b-c.d')).toBe('a/b-c.d')
})

it('so do the commands in what libraries say, and nothing else changes', () => {
  const text = 'Start one with `docstore relay`, or `docstore --data x relay`; docstore is a program'
  expect(withData({ data: '/tmp/$&', isDataGiven: true }, text)).toBe(
    "Start one with `docstore --data '/tmp/$&' relay`, or `docstore --data x relay`; docstore is a program",
  )
  expect(withData({ data: '/tmp/x', isDataGiven: false }, text)).toBe(text)
})
