import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long, the longest first: one that began last would be waited for by everybody else. */
const LONGEST = [
  'core/src/sync/hostile.test.ts',
  'core/src/storage/storage.browser.test.ts',
  'docstore/src/sharing/sharing.browser.test.ts',
  'e2e/firefox.test.ts',
  'cli/src/name.test.ts',
  'test/docs.test.ts',
  'cli/src/name-authorities.test.ts',
  'e2e/tabs.test.ts',
  'cli/src/person.test.ts',
  'e2e/relay-line.test.ts',
  'cli/src/main.test.ts',
  'docstore/src/network/relays/relay-links.test.ts',
  'test/packages.test.ts',
  'cli/src/profile.test.ts',
  'cli/src/roles.test.ts',
  'e2e/page-devices.test.ts',
  'cli/src/output/streams.test.ts',
  'e2e/direct.test.ts',
  'cli/src/export.test.ts',
  'docstore/src/network/signaling/reservations.test.ts',
  'cli/src/deletes.test.ts',
  'e2e/page.test.ts',
  'e2e/network-page.test.ts',
  'core/src/storage/storage.test.ts',
  'cli/src/passphrase.test.ts',
  'core/src/replica/writing/full-store.test.ts',
  'docstore/src/network/relays/relay-link.test.ts',
  'cli/src/update.test.ts',
  'relay/src/relay.test.ts',
] as const

/** The order in which files are run. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => LONGEST.findIndex((name) => moduleId.endsWith(name)) >>> 0
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
