/** An answer that is not of the API: a page, a redirect, a document of another kind. */
export interface GatewayPage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
