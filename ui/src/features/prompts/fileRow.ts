/** What a list of prompts and one of tools have in common. */
export interface FileRow {
  name: string;
  owner: string;
  description: string;
  latest_release: string | null;
  drift: boolean;
  errors: number;
  warnings: number;
}
