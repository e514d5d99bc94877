/** Commands that stand on every screen. */
import type { Command } from '$lib/commands.svelte';
import { host } from '$lib/host';
import { compareColumns, jobs } from '$lib/jobs.svelte';
import { say } from '$lib/notices.svelte';
import { href, router } from '$lib/router.svelte';
import { theme, type ThemeChoice } from '$lib/theme.svelte';
import { screens } from './screens';

const THEMES: [ThemeChoice, string][] = [
  ['system', 'as the system'],
  ['light', 'light'],
  ['dark', 'dark'],
  ['contrast', 'high contrast'],
];

export function frameCommands(frame: {
  openPalette: () => void;
  openKeys: () => void;
  openApiKeys: () => void;
}): Command[] {
  return [
    ...screens.map((screen) => ({
      id: `go.${screen.id}`,
      label: `Go to ${screen.label}`,
      group: 'Go',
      keys: screen.keys,
      run: () => router.go(href(screen.id)),
    })),
    {
      id: 'go.up',
      label: 'Back one level',
      group: 'Go',
      keys: 'Escape',
      keysOnly: true,
      run: () => void router.up(),
    },
    {
      id: 'palette',
      label: 'Find a command',
      group: 'View',
      keys: '$mod+k',
      keysOnly: true,
      run: frame.openPalette,
    },
    {
      id: 'keys',
      label: 'Show the keys of this screen',
      group: 'View',
      keys: '?',
      run: frame.openKeys,
    },
    {
      id: 'theme.next',
      label: 'Switch to the next theme',
      group: 'View',
      keys: '$mod+Shift+l',
      keysOnly: true,
      run: () => theme.next(),
    },
    ...THEMES.map(([choice, word]) => ({
      id: `theme.${choice}`,
      label: `Theme: ${word}`,
      group: 'View',
      when: () => theme.choice !== choice,
      run: () => theme.choose(choice),
    })),
    { id: 'import', label: 'Import traces…', group: 'Workspace', keys: 'i', run: importTraces },
    { id: 'prompts.folder', label: 'Open a prompts folder…', group: 'Workspace', run: openPrompts },
    { id: 'workspace.open', label: 'Open a workspace…', group: 'Workspace', run: openWorkspace },
    { id: 'apiKeys', label: 'API keys…', group: 'Workspace', run: frame.openApiKeys },
    { id: 'demo', label: 'Run the demo', group: 'Workspace', run: startDemo },
    { id: 'doctor', label: 'Check the workspace', group: 'Workspace', run: check },
  ];
}

/** Runs an action of the host; what goes wrong is shown as a notice. */
async function tell<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (thrown) {
    say.problem(thrown);
    return undefined;
  }
}

export function importTraces(): void {
  void tell(host.importPick());
}

export function openPrompts(): void {
  void tell(host.openPromptsFolderPick()).then((info) => {
    if (info) router.go(href('prompts'));
  });
}

export function openWorkspace(): void {
  // Everything on screen belongs to the old workspace.
  void tell(host.openWorkspacePick()).then((info) => info && location.reload());
}

/** Runs the demo and, when it went well, shows what it found. */
export function startDemo(): void {
  void tell(host.demoStart()).then((id) => {
    if (id === undefined) return;
    jobs.whenEnded(id, (job) => {
      if (job.state === 'finished' && job.result_id) router.go(compareColumns(job.result_id));
    });
  });
}

function check(): void {
  void tell(host.doctor()).then((checks) => {
    if (!checks) return;
    const broken = checks.filter((c) => !c.ok);
    if (broken.length === 0) say.info(`The workspace is sound: ${checks.length} checks passed`);
    for (const { name, detail } of broken) {
      say.problem({ code: 'internal', message: `${name}: ${detail}`, hint: null });
    }
  });
}
