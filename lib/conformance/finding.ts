/*
 * What a check has found when it isn't what was assumed. A report goes to people who must not see a user's names, data or
 * keys, so what is found is told in two parts: words of our own that anybody may read, and what the service said, which
 * stays with the user unless they ask for it.
 */

/** What becomes of one assumption. */
export type CheckState = 'as assumed' | 'different' | 'not allowed' | 'not asked'

/** Thrown by checks; a check that throws nothing found what was assumed. */
export class Finding extends Error {
  readonly state: Exclude<CheckState, 'as assumed'>
  /** What came instead, or why it could not be asked: our own words, numbers, and codes of the service. */
  readonly what: string
  /** The service's own words. */
  readonly detail: string | undefined

  constructor(state: Finding['state'], what: string, detail?: string) {
    super(what)
    this.state = state
    this.what = what
    this.detail = detail
  }
}

export const different = (what: string, detail?: string): Finding => new Finding('different', what, detail)
export const notAllowed = (what: string, detail?: string): Finding => new Finding('not allowed', what, detail)
export const notAsked = (what: string, detail?: string): Finding => new Finding('not asked', what, detail)

/** A code of the service has this form; anything else might be somebody's data. */
const codeForm = /^(?:[A-Z][A-Za-z]{2,40}|ODPS-\d{7})$/

/** `code NoSuchTable`, for a finding. */
export const codeText = (code: string | undefined): string => {
  if (code === undefined) return 'no code'
  return codeForm.test(code) ? `code ${code}` : 'a code of another form'
}
