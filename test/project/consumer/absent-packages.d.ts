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
