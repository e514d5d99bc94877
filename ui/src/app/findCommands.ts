/** Which commands a few typed words mean, best first: every word must occur; early matches win. */
import type { Command } from '$lib/commands.svelte';

export function findCommands(commands: Command[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return commands;
  return commands
    .map((command, order) => ({ command, order, score: scoreOf(command, words) }))
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score || a.order - b.order)
    .map((entry) => entry.command);
}

function scoreOf(command: Command, words: string[]): number {
  const label = command.label.toLowerCase();
  const all = `${label} ${command.group.toLowerCase()} ${(command.keys ?? '').toLowerCase()}`;
  let score = 0;
  for (const word of words) {
    if (label.startsWith(word)) score += 4;
    else if (label.includes(` ${word}`)) score += 3;
    else if (label.includes(word)) score += 2;
    else if (all.includes(word)) score += 1;
    else return 0;
  }
  return score;
}
