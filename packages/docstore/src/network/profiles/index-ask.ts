export { askPicture, askProfiles } from './ask-profiles.ts'
