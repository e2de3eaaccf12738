import type { StaticProfile } from '../model/namespace/static-profile.ts'
import type { ProfileFacts } from './types.ts'

/** What a head says in a profile, as users see it. */
export function profileFacts({ picture, ...texts }: StaticProfile): ProfileFacts {
  return picture === undefined ? texts : { ...texts, picture: { cid: picture[0].toString(), size: picture[1] } }
}
