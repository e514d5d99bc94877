import { expect, it, vi } from 'vitest';
import { fixtureHost } from './fixture';
import { tauriHost } from './tauri';

const calls = vi.hoisted(() => [] as [string, Record<string, unknown> | undefined][]);

vi.mock('@tauri-apps/api/core', () => ({
  invoke: (command: string, args?: Record<string, unknown>) => {
    calls.push([command, args]);
    return Promise.resolve();
  },
  Channel: class {
    onmessage = () => undefined;
  },
}));

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** Answered by the page or by a stream, not by one command. */
const OTHERS = ['onJob', 'onDrag', 'copyText'];

it('answers every method of the host by the command of the same name', () => {
  const methods = Object.keys(fixtureHost()).filter((key) => key in tauriHost);
  for (const method of methods.filter((name) => !OTHERS.includes(name))) {
    calls.length = 0;
    (tauriHost as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.();
    expect(calls.map(([command]) => command)).toEqual([snake(method)]);
  }
  expect(methods).toEqual(expect.arrayContaining(Object.keys(tauriHost)));
});

it('names arguments in camel case, as the commands take them', () => {
  calls.length = 0;
  void tauriHost.promptSave('a', 'text', 'hash');
  void tauriHost.replayResume('run', true, '0.50');
  expect(calls).toEqual([
    ['prompt_save', { name: 'a', text: 'text', expectedTextHash: 'hash' }],
    ['replay_resume', { runId: 'run', resendUnknown: true, capUsd: '0.50' }],
  ]);
});

it('stops handing jobs on after it was told to', () => {
  calls.length = 0;
  const callback = vi.fn();
  const stop = tauriHost.onJob(callback);
  const channel = calls[0]?.[1]?.channel as { onmessage: (job: unknown) => void };
  channel.onmessage({ id: '1' });
  stop();
  channel.onmessage({ id: '2' });
  expect(callback).toHaveBeenCalledTimes(1);
});
