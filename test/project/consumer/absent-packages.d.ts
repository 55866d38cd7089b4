/* Packages that the documentation shows and this repository does not install, as far as it shows them. */
declare module '@alicloud/credentials' {
  class Credential {
    getCredential(): Promise<{
      accessKeyId?: string
      accessKeySecret?: string
      securityToken?: string
      bearerToken?: string
    }>
  }
  const commonJs: { default: typeof Credential }
  export default commonJs
}

declare module 'vitest' {
  export const test: (name: string, run: () => Promise<void>) => void
  export const expect: (value: unknown) => { toEqual(expected: unknown): void }
  export const onTestFinished: (run: () => Promise<void>) => void
}

declare module '@jest/globals' {
  export const test: (name: string, run: () => Promise<void>) => void
  export const expect: (value: unknown) => { toEqual(expected: unknown): void }
  export const afterEach: (run: () => Promise<void>) => void
}
