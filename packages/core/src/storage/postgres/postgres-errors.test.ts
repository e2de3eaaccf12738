import { expect, it } from 'vitest'
import { postgresError } from './postgres-errors.ts'

it.each([
  ['EPIPE', 'database-away'],
  ['ECONNRESET', 'database-away'],
  ['ECONNREFUSED', 'database-away'],
  ['ENOENT', 'database-away'],
  ['ETIMEDOUT', 'database-away'],
  ['57P01', 'database-away'],
  ['53100', 'disk-full'],
  ['40001', 'storage-busy'],
  ['22P02', 'storage-failed'],
  ['XX001', 'data-corrupt'],
])('what PostgreSQL or the way there calls %s is %s', (code, ours) => {
  expect(postgresError(code, 'said so')).toMatchObject({ code: ours, message: expect.stringContaining('said so') })
})
