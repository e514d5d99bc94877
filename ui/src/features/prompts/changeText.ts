/** What a change of a prompt comes to, in words. */
import type { MessageChange } from '$lib/bindings/MessageChange';
import { count } from '$lib/format';

/** One line for all messages of a role that changed alike: examples come by the dozen. */
export function movedMessages(messages: MessageChange[]): string[] {
  const alike = new Map<string, MessageChange[]>();
  for (const message of messages) {
    if (message.kind === 'same') continue;
    const key = `${message.kind} ${message.role}`;
    alike.set(key, [...(alike.get(key) ?? []), message]);
  }
  return [...alike.values()].map(words);
}

function words(alike: MessageChange[]): string {
  const [first] = alike;
  const role = alike.length === 1 ? first?.role : `${alike.length} ${first?.role} messages`;
  const sum = (of: (message: MessageChange) => number | null) =>
    count(alike.reduce((total, message) => total + (of(message) ?? 0), 0));
  const [before, after] = [sum((m) => m.tokens_before), sum((m) => m.tokens_after)];
  if (first?.kind === 'added') return `${role} added, ${after}`;
  if (first?.kind === 'removed') return `${role} removed, ${before}`;
  return `${role} ${before} → ${after}`;
}
