/** How much of a prompt is exported: every release, or the version on screen. */

/** No version has this name. */
export const ALL = '*';

interface Shown {
  /** The version on screen, or `working`. */
  version: string;
  releases: unknown[];
}

/** A release that was chosen is what is meant; of the working file, rather its releases. */
export function firstScope({ version, releases }: Shown): string {
  return version === 'working' && releases.length > 0 ? ALL : version;
}

export function scopes({ version, releases }: Shown): { value: string; label: string }[] {
  const shown = {
    value: version,
    label: version === 'working' ? 'the working file' : `release ${version}`,
  };
  if (releases.length === 0) return [shown];
  const all = releases.length === 1 ? 'the one release' : `all ${releases.length} releases`;
  return [{ value: ALL, label: all }, shown];
}

/** As the host takes it: null is every release. */
export function versionOf(scope: string): string | null {
  return scope === ALL ? null : scope;
}
