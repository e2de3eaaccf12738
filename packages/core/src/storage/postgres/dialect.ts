/**
 * What the statements of our tables are in PostgreSQL: the only place where the two databases differ in words. They are written so that few do. Nothing
 * here is what Citus, YugabyteDB and CockroachDB lack.
 */
export function inPostgres(sql: string): string {
  let count = 0
  return (
    sql
      .replace('BEGIN IMMEDIATE', 'BEGIN')
      // PostgreSQL 18 is the first that finds the least of several byte strings.
      .replaceAll('min(document)', "decode(min(encode(document, 'hex')), 'hex')")
      .replaceAll('lower(hex(r.hash)) IN (SELECT value FROM json_each(?))', "encode(r.hash, 'hex') IN (SELECT jsonb_array_elements_text(?::jsonb))")
      .replaceAll(
        'json_each(?)',
        '(SELECT e.value::bigint AS value, e.nth - 1 AS key FROM jsonb_array_elements_text(?::jsonb) WITH ORDINALITY AS e (value, nth))',
      )
      // Before version 16, what is selected from in FROM has to have a name.
      .replace(/(AS e \(value, nth\)\))(?! \w+ )/g, '$1 list')
      .replace(/'(?:[^']|'')*'|\?(\d*)/g, (found, number: string | undefined) => {
        if (number === undefined) return found
        return number === '' ? `$${++count}` : `$${number}`
      })
  )
}
