// One measurement, in a process of its own: prints what it found as one line of JSON.

/** What `measure.ts NAME [ARGUMENT]` can be asked for. */
const MEASUREMENTS: Readonly<Record<string, (argument: string) => Promise<unknown>>> = {
  local: async (count) => (await import('./local.ts')).measureLocal(Number(count)),
  storage: async () => (await import('./storage.ts')).measureStorage(),
  'storage-writer': async (argument) => (await import('./storage.ts')).writeStorage(argument),
  floors: async () => (await import('./floors.ts')).measureFloors(),
  browser: async (count) => (await import('./browser.ts')).measureBrowser(Number(count)),
  reach: async () => (await import('./reach.ts')).measureReach(),
  'reach-client': async (link) => (await import('./reach.ts')).measureFromClient(link),
  file: async (mebibytes) => (await import('./files.ts')).measureFile(Number(mebibytes)),
  'file-between': async (mebibytes) => (await import('./files-between.ts')).measureFileBetween(Number(mebibytes)),
  hostile: async (only) => (await import('./hostile.ts')).measureHostile(only === '' ? undefined : [only]),
  'busy-key': async () => (await import('./busy-key.ts')).measureBusyKey(),
  crowd: async () => (await import('./crowd.ts')).measureCrowd(),
  people: async () => (await import('./people.ts')).measurePeople(),
  'people-sync': async () => (await import('./people-sync.ts')).measurePeopleSync(),
  'profile-by-name': async () => (await import('./profile-by-name.ts')).measureProfileByName(),
  'names-relay': async (data) => (await import('./profile-by-name.ts')).serveNames(data),
  'profile-owner': async (link) => (await import('./profile-by-name.ts')).ownProfile(link),
  clients: async () => (await import('./network.ts')).measureClients(),
  'documents-served': async () => (await import('./beside-queries.ts')).serveDocuments(),
  'beside-queries': async () => (await import('./beside-queries.ts')).measureBesideQueries(),
  placement: async (argument) => (await import('./placement.ts')).measurePlacement(JSON.parse(argument) as never),
  lookups: async (count) => (await import('./network.ts')).measureLookups(Number(count)),
}

const [, , name = '', argument = ''] = process.argv
const measurement = MEASUREMENTS[name]
if (measurement === undefined) throw new Error(`There is no measurement ${JSON.stringify(name)}`)
const found = await measurement(argument)
if (found !== undefined) console.log(JSON.stringify(found))
