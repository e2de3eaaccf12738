const PERSON_KEY = 'docstore.person'

/** Whether data that began with a key of its own, and has nothing in it yet, is to be that of somebody who can have several devices. */
export function wantsPerson(): boolean {
  return localStorage.getItem(PERSON_KEY) === 'new'
}

/** Lets data that has nothing in it yet be that of somebody who can have several devices, from the next start on. */
export function wantPerson(): void {
  localStorage.setItem(PERSON_KEY, 'new')
}
