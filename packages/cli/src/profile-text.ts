import type { Profile } from 'p2p-docstore'
import { textTable } from './output/text-table.ts'

/** A profile as programs read it. */
export function profileJson({ static: facts, ...profile }: Profile): Readonly<Record<string, unknown>> {
  const { person, dynamic, at, ...rest } = profile
  const { status } = dynamic
  const dated = status === undefined ? dynamic : { ...dynamic, status: { ...status, at: new Date(status.at).toISOString() } }
  return { person, username: facts.username ?? null, static: facts, dynamic: dated, ...rest, at: isoTime(at) }
}

/** Of Unix milliseconds; `null` where nobody was heard. */
export function isoTime(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}

/** And as people read it; `names` are usernames that the network granted. */
export function profileText(
  { person, namespace, label, petname, static: facts, dynamic, isFollowed, isBlocked, hasProfile, at }: Profile,
  names: readonly string[] = [],
): string {
  const rows: [string, string | undefined][] = [
    ['called', label],
    ['petname', petname],
    ['name', facts.name],
    ...names.map((name): [string, string] => ['username', `@${name}`]),
    ['username', facts.username === undefined || names.includes(facts.username) ? undefined : `${facts.username} (claimed, not checked)`],
    ['about', facts.about],
    ['status', dynamic.status?.text],
    ['picture', facts.picture && `${facts.picture.cid}, ${facts.picture.size} bytes`],
    ...Object.entries(dynamic.links).map(([name, link]): [string, string] => [`link ${name}`, link]),
    [person.startsWith('did:') ? 'identity' : 'person', person],
    ['profile', hasProfile ? namespace : 'none, as far as is known here'],
    ['here', [isFollowed ? 'followed' : [], isBlocked ? 'blocked' : []].flat().join(', ') || undefined],
    ['heard', at === undefined ? undefined : new Date(at).toISOString()],
  ]
  return textTable(rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
