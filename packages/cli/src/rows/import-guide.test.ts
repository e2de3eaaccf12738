import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { Fixtures } from '../testing/fixtures.ts'
import { readDocuments } from '../testing/read-documents.ts'

/** The files that the guide's tables name. */
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'equal.csv': 'a\n1\n2\n1\n',
  'keys.csv': 'k,v\na,1\nb,2\na,3\n',
  'snowflakes.json': '[{"id":1523456789012345678},{"id":1523456789012345679}]',
  'numeric-id.ndjson': '{"_id":5}\n',
  'two-ids.ndjson': '{"_id":"x","k":"y"}\n',
  'exact.json': '{"a":1.20,"b":1e3,"c":9007199254740992}',
  'long.json': '{"a":9007199254740993}',
  'huge.json': '{"a":1e400}',
  'decimals.json': '{"a":-73.98765432109876543210}',
  'twice.json': '{"a":1,"a":2}',
  'array.json': '[{"a":1},\n{"a":2}]',
  'object.json': '{\n  "a": 1\n}\n',
  'values.json': '{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
  'lines.ndjson': '{"a":1}\n{"a":2}\n',
  'features.geojson': '{"type":"FeatureCollection","features":[{"type":"Feature","id":1},{"type":"Feature","id":2}]}',
  'features.geojsons': '\u001e{"type":"Feature","id":1}\n\u001e{"type":"Feature","id":2}\n',
  'couchdb.json': '{"total_rows":1,"rows":[\n{"id":"x","key":"x","value":{"rev":"1-a"},"doc":{"_id":"x","_rev":"1-a","a":1}}\n]}',
  'mongoexport.json': '{"_id":{"$oid":"60f6a1"},"at":{"$date":"2020-01-01T00:00:00Z"},"n":{"$numberLong":"5"}}\n',
  'nostr.jsonl': '["EVENT","sub",{"id":"e1","kind":1}]\n',
  'answer.json': '{"total":2,"data":[{"a":1},{"a":2}]}',
  'deep.json': '{"r":{"items":[{"a":1}]}}',
  'lists.json': '{"nodes":[{"a":1}],"links":[{"b":1}]}',
  'firebase.json': '{"-Nx":{"a":1},"-Ny":{"a":2}}',
  'broken.ndjson': '{"a":1}\n{"a":\n{"a":3}\n',
  'prices.csv': 'price\n1.20\n40.00\n',
  'zip.csv': 'zip\n00501\n43302\n',
  'mixed.csv': 'n,z\n1,007\nx,+8\n',
  'missing.csv': 'a\n1\nNA\n',
  'comma.csv': 'a;b\n1,50;x\n',
  'codes.csv': 'zip\n501\n',
  'r.csv': '"","a"\n"1",2\n',
  'rownames.csv': '"a","b"\n"r1",1,2\n',
  'trailing.csv': 'a,b,\n1,2,\n',
  'repeated.csv': 'name,name\n1,2\n',
  'excel.csv': 'sep=;\r\na;b\r\n1;2\r\n',
  'pipes.csv': 'a|b\n1|x,y\n',
  'inches.csv': 'a,b\n5" pipe,1\n',
  'colons.csv': 'a:b\n1:2\n',
  'bare.csv': '1,x\n',
  'ragged.csv': 'a,b\n1\n',
  'utf16.csv': Buffer.from('\ufeffa\né\n', 'utf16le'),
  'latin1.csv': Buffer.from('a\né\n', 'latin1'),
  'rows.csv.gz': gzipSync('a\n1\n'),
  'saved.json': '<!DOCTYPE html>\n<p>404</p>\n',
  'sheet.xlsx': 'PK\u0003\u0004',
  'words.txt': 'hello\nworld\n',
  'empty.json': '',
}

const guide = readFileSync(new URL('../../../../docs/guides/import.md', import.meta.url), 'utf8')
const rows = [...guide.matchAll(/^\| `([^`]+)` \|(.+)\|(.*)\| `([^`]+)` \|$/gm)].map(([, file = '', , options = '', stored = '']) => ({
  file,
  args: options.replaceAll('`', '').trim().split(' ').filter(Boolean),
  stored,
}))

const fixtures = new Fixtures()
afterAll(() => fixtures.remove())

it('names every file, and every row of its tables is read here', () => {
  expect(new Set(rows.map(({ file }) => file))).toEqual(new Set(Object.keys(FILES)))
  expect(rows).toHaveLength(guide.split('\n').filter((line) => line.startsWith('| `')).length)
})

it.each(rows)('$file $args gives $stored', async ({ file, args, stored }) => {
  const { documents, error } = await readDocuments(fixtures.write(file, FILES[file] ?? ''), args)
  // Ids that follow from the content are left out in the guide.
  const shown = documents.map(({ _id, ...fields }) => (/^[a-z2-7]{26}$/.test(_id) ? fields : { _id, ...fields }))
  if (stored.startsWith('[')) expect([error, shown]).toEqual([undefined, JSON.parse(stored)])
  else expect(error?.code).toBe(stored)
})
