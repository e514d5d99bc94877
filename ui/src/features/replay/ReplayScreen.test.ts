import type { RunPlan } from '$lib/bindings/RunPlan';
import type { Host } from '$lib/host';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { HOSTILE } from '$lib/host/fixtures/runBuild';
import { router } from '$lib/router.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { keysDialog } from '../keys/keysDialog.svelte';
import { newRun } from './newRun.svelte';
import ReplayScreen from './ReplayScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  host = fixtureHost();
  setHost(host);
  newRun.reset();
});

function open(hash: string) {
  router.go(hash);
  return { ...render(ReplayScreen), user: userEvent.setup() };
}

async function violations(container: HTMLElement): Promise<string[]> {
  const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  return found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`);
}

const runAt = async (index: number) => (await host.runList())[index]?.id ?? '';

describe('a new run', () => {
  it('cannot start until it is whole, then says calls and cost before it does', async () => {
    const { user } = open('#/replay?prompt=ticket-triage%401.0.0');
    expect(await screen.findByText(/Choose a model/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Start' })).toBeDisabled();
    await user.click(await screen.findByRole('checkbox', { name: 'openai:gpt-4.1-mini' }));
    const panel = screen.getByRole('region', { name: 'Estimate' });
    await within(panel).findByText(/never above .*genai-prices/);
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Start 38 live calls' })).toBeEnabled(),
    );
  });

  it('says unknown and names the model without a price', async () => {
    const { user } = open('#/replay?prompt=ticket-triage%401.0.0');
    await user.click(await screen.findByRole('checkbox', { name: 'mistral:ministral-8b-private' }));
    expect(await screen.findAllByText(/give its base URL/)).toHaveLength(2);
    await user.type(screen.getByLabelText('Base URL of mistral'), 'http://127.0.0.1:8080/v1');
    expect(
      await screen.findByText(/no price for mistral:ministral-8b-private/),
    ).toBeInTheDocument();
  });

  it('sends a provider to an address of its own, for a tenant, with its own patience', async () => {
    const planned: RunPlan[] = [];
    setHost({
      ...host,
      replayStart: async (plan) => {
        planned.push(plan);
        throw { code: 'busy', message: 'not now', hint: null };
      },
    });
    const { user } = open('#/replay?prompt=ticket-triage%401.0.0');
    await user.click(await screen.findByRole('checkbox', { name: 'openai:gpt-4.1-mini' }));
    await user.type(screen.getByLabelText('Base URL of openai'), 'https://proxy.example/v1');
    await user.click(screen.getByText('More options'));
    await user.type(screen.getByLabelText('Tenant'), 'acme');
    await user.type(screen.getByLabelText('First token, seconds'), 'soon');
    expect(await screen.findAllByText('Write seconds such as 30')).toHaveLength(2);
    await user.clear(screen.getByLabelText('First token, seconds'));
    await user.type(screen.getByLabelText('First token, seconds'), '2.5');
    const start = () => screen.getByRole('button', { name: 'Start 38 live calls' });
    await waitFor(() => expect(start()).toBeEnabled());
    await user.click(start());
    await waitFor(() => expect(planned).toHaveLength(1));
    expect(planned[0]).toMatchObject({
      base_urls: { openai: 'https://proxy.example/v1' },
      tenant: 'acme',
      waits: { first_token_ms: 2500 },
    });
  });

  it('leads from a missing key to the API keys, with its server', async () => {
    const problems = [
      'https://api.openai.com needs a key and none was given in OPENAI_API_KEY\n' +
        'Set OPENAI_API_KEY, or keep one for it: `plumbline key set --origin https://api.openai.com`, or API keys in the window.',
    ];
    const estimate = host.replayEstimate;
    setHost({ ...host, replayEstimate: async (plan) => ({ ...(await estimate(plan)), problems }) });
    const { user } = open('#/replay?prompt=ticket-triage%401.0.0');
    await user.click(await screen.findByRole('checkbox', { name: 'openai:gpt-4.1-mini' }));
    await user.click(await screen.findByRole('button', { name: 'Give the key…' }));
    expect(keysDialog).toEqual({ open: true, origin: 'https://api.openai.com' });
    keysDialog.open = false;
  });

  it('asks for one estimate after a burst of typing', async () => {
    const estimate = vi.fn(host.replayEstimate);
    setHost({ ...host, replayEstimate: estimate });
    const { user } = open('#/replay?prompt=ticket-triage%401.0.0');
    await user.click(await screen.findByRole('checkbox', { name: /^recorded:/ }));
    await waitFor(() => expect(estimate).toHaveBeenCalledTimes(1));
    await user.type(screen.getByLabelText('Cap, US dollars'), '0.125');
    await waitFor(() => expect(estimate).toHaveBeenCalledTimes(2));
    expect(estimate.mock.lastCall?.[0].cap_usd).toBe('0.125');
  });

  it('starts and goes to the run', async () => {
    const { user } = open('#/replay?prompt=ticket-triage%401.0.0');
    await user.click(await screen.findByRole('checkbox', { name: /^recorded:/ }));
    const start = screen.getByRole('button', { name: 'Start' });
    await waitFor(() => expect(start).toBeEnabled());
    await user.click(start);
    await waitFor(() => expect(router.route.rest[0]).toBeTruthy());
    expect(await screen.findByText(/0 of 48 cells/)).toBeInTheDocument();
  });

  it('keeps what was filled in while one looks elsewhere', async () => {
    const first = open('#/replay');
    await first.user.click(await screen.findByRole('checkbox', { name: /^recorded:/ }));
    first.unmount();
    open('#/replay');
    expect(await screen.findByRole('checkbox', { name: /^recorded:/ })).toBeChecked();
  });

  it('says what to do without prompts and datasets', async () => {
    setHost({ ...host, promptList: async () => [], datasetList: async () => [] });
    open('#/replay');
    expect(await screen.findByText(/No prompts here/)).toBeInTheDocument();
    expect(await screen.findByText(/No datasets yet/)).toBeInTheDocument();
  });
});

describe('a run', () => {
  it('opens cells by keys, along rows and across columns', async () => {
    const { user } = open(`#/replay/${await runAt(0)}`);
    const grid = await screen.findByRole('grid', { name: /^Answers/ });
    grid.focus();
    await user.keyboard('j');
    const first = router.route.params.cell;
    expect(first).toBeTruthy();
    await user.keyboard('{ArrowRight}');
    const beside = router.route.params.cell;
    expect(beside).not.toBe(first);
    await user.keyboard('jk');
    expect(router.route.params.cell).toBe(beside);
    expect(await screen.findByText('Checks', { selector: 'h3' })).toBeInTheDocument();
    expect(screen.getByRole('button', { name: /Copy the cache key/ })).toBeInTheDocument();
  });

  it('unfolds the inspector in a narrow window when a cell is opened', async () => {
    vi.stubGlobal('innerWidth', 1024);
    const { user } = open(`#/replay/${await runAt(0)}`);
    const grid = await screen.findByRole('grid', { name: /^Answers/ });
    expect(screen.queryByRole('complementary')).toBeNull();
    grid.focus();
    await user.keyboard('j');
    expect(await screen.findByRole('complementary', { name: 'Inspector' })).toBeInTheDocument();
  });

  it('shows hostile answers as text', async () => {
    const id = await runAt(0);
    const page = await host.runGrid(
      id,
      { status: null, only_failing: false, text: 'onerror' },
      0,
      9,
    );
    const cell = page.rows[0]?.cells.find((c) => c?.preview === HOSTILE);
    const { container } = open(`#/replay/${id}?cell=${cell?.id}`);
    await waitFor(() => expect(container.textContent).toContain('<img src=x onerror='));
    expect(container.querySelector('img')).toBeNull();
  });

  it('filters rows through the address', async () => {
    const { user } = open(`#/replay/${await runAt(1)}`);
    await screen.findByRole('grid', { name: 'Answers, 48 rows' });
    await user.selectOptions(screen.getByLabelText('Status'), 'failed');
    expect(router.route.params.status).toBe('failed');
    await screen.findByRole('grid', { name: 'Answers, 4 rows' });
  });

  it('sends what may have been paid again only with consent', async () => {
    const resume = vi.fn(host.replayResume);
    setHost({ ...host, replayResume: resume });
    const { user } = open(`#/replay/${await runAt(2)}`);
    await user.click(await screen.findByRole('button', { name: 'Resume…' }));
    const dialog = await screen.findByRole('dialog');
    const consent = within(dialog).getByRole('checkbox', { name: /4 calls again/ });
    expect(consent).not.toBeChecked();
    await user.click(consent);
    await user.click(within(dialog).getByRole('button', { name: /^Resume 36 cells/ }));
    expect(resume).toHaveBeenCalledWith(await runAt(2), true, null);
  });

  it('shows a problem where it happened', async () => {
    open('#/replay/no-such-run');
    expect(await screen.findByRole('alert')).toHaveTextContent('no run `no-such-run`');
  });

  it('has no accessibility violations, new, finished and with a cell open', async () => {
    const fresh = open('#/replay');
    await screen.findByRole('checkbox', { name: 'working file' });
    await screen.findByRole('grid', { name: 'Cases of tickets' });
    expect(await violations(fresh.container)).toEqual([]);
    fresh.unmount();
    const id = await runAt(1);
    const page = await host.runGrid(id, { status: null, only_failing: false, text: '' }, 0, 1);
    const run = open(`#/replay/${id}?cell=${page.rows[0]?.cells[0]?.id}`);
    await screen.findByRole('grid', { name: /^Answers/ });
    await screen.findByText('Attempts');
    expect(await violations(run.container)).toEqual([]);
  });
});
