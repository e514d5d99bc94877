/** What a person types about environments, as the engine takes it. */

/** Nanoseconds since 1970 of the text of a `datetime-local` field, which is in the person's own time; null for none. */
export function nanosOfLocal(text: string): string | null {
  const ms = text === '' ? NaN : new Date(text).getTime();
  return Number.isFinite(ms) ? `${BigInt(ms) * 1_000_000n}` : null;
}

/** Lower-case letters, digits and hyphens, as the engine asks. */
export function environmentError(name: string): string | undefined {
  if (name === '') return 'Name the environment';
  return /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(name)
    ? undefined
    : 'Use lower-case letters, digits and hyphens';
}

/** Whether somebody is among the owners that a prompt file names. The engine decides; this only asks for a reason early. */
export function isOwner(who: string, owners: string): boolean {
  const name = who.trim().toLowerCase();
  return name !== '' && owners.split(/[,;]/).some((owner) => owner.trim().toLowerCase() === name);
}
