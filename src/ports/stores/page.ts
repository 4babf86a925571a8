/** A page of a listing: at most `limit` entries whose key is greater than `after`, in key order. */
export interface Page {
  readonly after?: string;
  readonly limit: number;
}
