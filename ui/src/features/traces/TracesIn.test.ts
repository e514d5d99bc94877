import type { Host } from '$lib/host';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { TAKEN_PORT } from '$lib/host/fixtures/intake';
import { forgetAnswers } from '$lib/query.svelte';
import { router } from '$lib/router.svelte';
import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import TracesScreen from './TracesScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  forgetAnswers();
  localStorage.clear();
  host = fixtureHost();
  setHost(host);
});

async function open(tab: string) {
  router.go(`#/traces?tab=${tab}`);
  const view = render(TracesScreen);
  await screen.findByRole('tabpanel');
  return { ...view, user: userEvent.setup() };
}

async function violations(container: HTMLElement): Promise<string[]> {
  const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  return found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`);
}

describe('live intake', () => {
  it('is off, is switched on by keys, says where to send, and is off again', async () => {
    const { user } = await open('live');
    const receive = await screen.findByRole('switch', { name: 'Receive spans' });
    expect(receive).not.toBeChecked();
    expect(screen.getByRole('switch', { name: 'Record calls' })).not.toBeChecked();
    receive.focus();
    await user.keyboard(' ');
    expect(
      await screen.findByText('OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318'),
    ).toBeInTheDocument();
    const panel = screen.getByRole('region', { name: 'OpenTelemetry receiver' });
    expect(panel).toHaveTextContent(/Spans stored 1,204\s*Duplicate 8\s*Quarantined 2/);
    expect(panel).toHaveTextContent(/Requests refused 1\s*Waiting 4\.0 KiB/);
    await user.click(screen.getByRole('switch', { name: 'Receive spans' }));
    expect(await within(panel).findByLabelText('Port')).toHaveValue('4318');
    expect(await host.listenList()).toEqual([]);
  });

  it('says in place what to do about a taken port, and reads no other text as a port', async () => {
    const { user } = await open('live');
    const port = await screen.findByLabelText('Port');
    await user.clear(port);
    await user.type(port, String(TAKEN_PORT));
    await user.click(screen.getByRole('switch', { name: 'Receive spans' }));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent(`port ${TAKEN_PORT} of this machine is taken`);
    expect(alert).toHaveTextContent('choose another port');
    await user.clear(port);
    await user.type(port, '70000');
    expect(screen.getByText('Write a number from 0 to 65535')).toBeInTheDocument();
    await user.click(screen.getByRole('switch', { name: 'Receive spans' }));
    expect(await host.listenList()).toEqual([]);
  });

  it('gives the addresses of the proxy with a warning about their token', async () => {
    const { user, container } = await open('live');
    await user.click(await screen.findByRole('switch', { name: 'Record calls' }));
    const panel = screen.getByRole('region', { name: 'Recording proxy' });
    expect(await within(panel).findByText(/^OPENAI_BASE_URL=.*\/openai\/v1$/)).toBeInTheDocument();
    expect(within(panel).getByText(/^ANTHROPIC_BASE_URL=/)).toBeInTheDocument();
    expect(panel).toHaveTextContent(/keep them as you keep a key/);
    expect(await violations(container)).toEqual([]);
  });
});

describe('redaction', () => {
  it('is on, goes off only after a word, and says so while it is off', async () => {
    const { user } = await open('redaction');
    const toggle = await screen.findByRole('switch', { name: 'Take out secrets before storing' });
    expect(toggle).toBeChecked();
    await user.click(toggle);
    await user.click(await screen.findByRole('button', { name: 'Keep taking them out' }));
    expect(await host.redactionState()).toBe(true);
    await user.click(toggle);
    await user.click(await screen.findByRole('button', { name: 'Store them as they came' }));
    expect(await screen.findByText(/Secrets are stored as they came:/)).toBeInTheDocument();
    expect(toggle).not.toBeChecked();
    await user.click(toggle);
    await vi.waitFor(() => expect(toggle).toBeChecked());
    expect(screen.queryByText(/Secrets are stored as they came:/)).toBeNull();
  });

  it('adds, tries and removes a pattern', async () => {
    const { user, container } = await open('redaction');
    await user.type(await screen.findByLabelText('Regular expression'), 'C-[[0-9]+');
    const text = '<b>C-123456</b> asks';
    await user.type(screen.getByLabelText(/^Text to try/), text);
    const result = screen.getByRole('status', { name: 'What would be stored' });
    expect(await within(result).findByText(/^\[redacted:tried:/)).toBeInTheDocument();
    expect(result.querySelector('b')).toBeNull();
    await user.type(screen.getByLabelText('Name'), 'customer-id');
    await user.click(screen.getByRole('button', { name: 'Add' }));
    const list = await screen.findByRole('table', { name: 'Patterns of your own' });
    expect(list).toHaveTextContent(/customer-id\s*C-\[0-9\]\+/);
    expect(await within(result).findByText(/^\[redacted:customer-id:/)).toBeInTheDocument();
    expect(await violations(container)).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Remove customer-id' }));
    expect(await screen.findByText(/^None yet/)).toBeInTheDocument();
  });

  it('shows where a pattern is broken, below it', async () => {
    const { user } = await open('redaction');
    await user.type(await screen.findByLabelText('Name'), 'x');
    await user.type(screen.getByLabelText('Regular expression'), 'C-(');
    await user.click(screen.getByRole('button', { name: 'Add' }));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent(/C-\( \^ error: unclosed group/);
    expect(await host.redactionPatterns()).toEqual([]);
    await user.type(screen.getByLabelText('Regular expression'), ')');
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
