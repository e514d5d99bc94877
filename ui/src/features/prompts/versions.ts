/** Choosing and raising versions: which two to compare, which one a release gets. */

/** The two sides of a diff: as the address says, else what is open against its predecessor. */
export function diffSides(
  versions: string[],
  open: string,
  params: Record<string, string>,
): { from: string; to: string } | null {
  if (versions.length < 2) return null;
  const known = (v: string | undefined) =>
    v !== undefined && versions.includes(v) ? v : undefined;
  const to = known(params.to) ?? known(open) ?? versions[0];
  const before = versions[versions.indexOf(to ?? '') + 1];
  const from = known(params.from) ?? before ?? versions.find((v) => v !== to && v !== 'working');
  return from === undefined || to === undefined ? null : { from, to };
}

/** The next semantic version for a bump; null when the old one cannot be read. */
export function raised(version: string, bump: string | null): string | null {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (!match) return null;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  if (bump === 'major') return `${major + 1}.0.0`;
  if (bump === 'minor') return `${major}.${minor + 1}.0`;
  if (bump === 'patch') return `${major}.${minor}.${patch + 1}`;
  return null;
}

/** Negative when a comes before b. Pre-releases are not ordered among themselves. */
export function compareVersions(a: string, b: string): number {
  const parse = (v: string) => v.split(/[.+-]/, 3).map((part) => Number(part) || 0);
  const left = parse(a);
  const right = parse(b);
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
