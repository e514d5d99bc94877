import type { Host } from '$lib/host';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_FILTER } from './address';
import TracesScreen from './TracesScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  host = fixtureHost();
  setHost(host);
});

async function open(hash: string) {
  router.go(hash);
  const view = render(TracesScreen);
  await screen.findByRole('listbox', { name: 'Traces' });
  return { ...view, user: userEvent.setup() };
}

async function traceNamed(text: string): Promise<string> {
  const page = await host.traceList({ ...NO_FILTER, text }, 'newest', null, 0, 1);
  return page.rows[0]?.trace_id ?? '';
}

async function violations(container: HTMLElement): Promise<string[]> {
  const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  return found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`);
}

describe('traces', () => {
  it('opens traces with j and k, and keeps the filter in the address', async () => {
    const { user } = await open('#/traces?q=handle_ticket');
    const list = screen.getByRole('listbox', { name: 'Traces' });
    list.focus();
    await user.keyboard('j');
    const first = router.route.rest[0];
    expect(first).toBeTruthy();
    await user.keyboard('j');
    expect(router.route.rest[0]).not.toBe(first);
    await user.keyboard('k');
    expect(router.route.rest[0]).toBe(first);
    expect(router.route.params.q).toBe('handle_ticket');
  });

  it('walks the waterfall with the keys and shows the step', async () => {
    const id = await traceNamed('refund-agent');
    const { user } = await open(`#/traces/${id}`);
    const steps = await screen.findByRole('listbox', { name: 'Steps of the trace' });
    steps.focus();
    await user.keyboard('{Home}');
    const root = router.route.params.span;
    await user.keyboard('jj');
    expect(router.route.params.span).not.toBe(root);
    await screen.findByText(
      'You settle refunds. Look before you pay; never pay twice. Use the tools.',
    );
    expect(screen.getByText('from prompt cache')).toBeInTheDocument();
  });

  it('closes and opens what stands below a step with left and right', async () => {
    const id = await traceNamed('refund-agent');
    const { user } = await open(`#/traces/${id}`);
    const steps = await screen.findByRole('listbox', { name: 'Steps of the trace' });
    const rows = () => within(steps).getAllByRole('option').length;
    const all = rows();
    steps.focus();
    await user.keyboard('{Home}{ArrowLeft}');
    await waitFor(() => expect(rows()).toBeLessThan(all));
    expect(within(steps).getAllByText(/closed, 60 below/)).toHaveLength(1);
    await user.keyboard('{ArrowRight}');
    await waitFor(() => expect(rows()).toBe(all));
    await user.keyboard('{ArrowRight}{ArrowRight}{ArrowLeft}{ArrowLeft}');
    const root = router.route.params.span;
    await user.keyboard('{Home}');
    expect(router.route.params.span).not.toBe(root);
  });

  it('finds steps within the trace and goes from match to match', async () => {
    const id = await traceNamed('refund-agent');
    const { user } = await open(`#/traces/${id}`);
    const field = await screen.findByRole('searchbox', { name: 'Search in this trace' });
    await user.type(field, 'issue_refund');
    expect(await screen.findByText('4 matches')).toBeInTheDocument();
    await user.keyboard('{Enter}');
    const first = router.route.params.span;
    await screen.findByText(/[1-4] of 4 matches/);
    await user.keyboard('{Enter}');
    expect(router.route.params.span).not.toBe(first);
    await user.keyboard('{Shift>}{Enter}{/Shift}');
    expect(router.route.params.span).toBe(first);
  });

  it('says what the critical path is made of, and what it is', async () => {
    const id = await traceNamed('refund-agent');
    const { user } = await open(`#/traces/${id}`);
    const path = await screen.findByRole('region', { name: 'Critical path' });
    expect(path).toHaveTextContent(/model .* s/);
    await user.click(within(path).getByRole('button', { name: 'How the critical path is found' }));
    expect(screen.getByText(/CRISP/)).toBeInTheDocument();
  });

  it('shows a running search with a way to end it, and says when it was ended', async () => {
    let fail: (problem: unknown) => void = () => undefined;
    setHost({
      ...host,
      traceList: () => new Promise((_, reject) => (fail = reject)),
    });
    router.go('#/traces?q=needle');
    render(TracesScreen);
    fail({ code: 'cancelled', message: 'the search was cancelled', hint: null });
    expect(await screen.findByRole('button', { name: 'Go on searching' })).toBeEnabled();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('names the failed step first, with its reason', async () => {
    const id = await traceNamed('refund-agent');
    await open(`#/traces/${id}`);
    expect(await screen.findByRole('alert')).toHaveTextContent('529 overloaded_error');
  });

  it('shows hostile text as text', async () => {
    const id = await traceNamed('script');
    const { container } = await open(`#/traces/${id}`);
    await waitFor(() => expect(container.textContent).toContain('<iframe src='));
    expect(container.textContent).toContain('<script>alert("x")</script>');
    expect(container.querySelector('script, iframe, img, b:not([class])')).toBeNull();
  });

  it('says of an unfinished trace that it is one', async () => {
    const id = await traceNamed('nightly-summary');
    await open(`#/traces/${id}`);
    const steps = await screen.findByRole('listbox', { name: 'Steps of the trace' });
    expect(within(steps).getAllByText('open')).toHaveLength(2);
    expect(screen.getAllByText('unfinished').length).toBeGreaterThan(0);
  });

  it('sets the time by keys on the brush, and takes it away again', async () => {
    const { user } = await open('#/traces');
    const from = await screen.findByRole('slider', { name: 'From' });
    from.focus();
    await user.keyboard('{ArrowRight}{ArrowRight}');
    expect(router.route.params.from).toMatch(/^\d{19}$/);
    expect(router.route.params.to).toBeUndefined();
    await user.click(screen.getByRole('button', { name: 'All time' }));
    expect(router.route.params.from).toBeUndefined();
  });

  it('has a table twin of the histogram', async () => {
    const { user } = await open('#/traces');
    await user.click(await screen.findByRole('button', { name: 'Show as table' }));
    expect(
      within(screen.getByRole('region', { name: 'Spans over time, table' })).getAllByRole('row'),
    ).toHaveLength(49);
  });

  it('accounts for every row of an import', async () => {
    await open('#/traces');
    const report = await screen.findByRole('article', { name: /Loss report/ });
    expect(report.textContent?.replace(/\s+/g, ' ')).toContain(
      '1,364 read = 1,360 stored + 0 duplicate + 4 quarantined',
    );
    expect(await within(report).findByText('the span has no trace id')).toBeInTheDocument();
    expect(within(report).getByText('email 41 · phone 3 · openai key 2')).toBeInTheDocument();
  });

  it('says when redaction was switched off', async () => {
    setHost({
      ...host,
      importList: async () =>
        (await host.importList()).map((row) => ({
          ...row,
          report: { ...row.report, redacted: null },
        })),
    });
    router.go('#/traces');
    render(TracesScreen);
    const report = await screen.findByRole('article', { name: /Loss report/ });
    expect(within(report).getByText(/Redaction was switched off/)).toBeInTheDocument();
  });

  it('says what to do when nothing was imported', async () => {
    setHost({
      ...host,
      importList: async () => [],
      traceList: async () => ({ rows: [], next: null }),
      traceHistogram: async () => ({ bucket_ms: 0, bars: [] }),
    });
    router.go('#/traces');
    render(TracesScreen);
    expect(await screen.findByRole('button', { name: 'Import traces…' })).toBeEnabled();
    expect(await screen.findByText(/No traces yet/)).toBeInTheDocument();
  });

  it('shows a problem where it happened and can try again', async () => {
    let fails = true;
    const problem = {
      code: 'not_found' as const,
      message: 'no trace `x`',
      hint: 'Look elsewhere.',
    };
    setHost({
      ...host,
      traceOpen: async (id) => {
        if (fails) throw problem;
        return host.traceOpen(id);
      },
    });
    const id = await traceNamed('refund-agent');
    const { user } = await open(`#/traces/${id}`);
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('no trace `x`');
    expect(alert).toHaveTextContent('Look elsewhere.');
    fails = false;
    await user.click(within(alert).getByRole('button', { name: 'Try again' }));
    await screen.findByRole('listbox', { name: 'Steps of the trace' });
  });

  it('makes a dataset of the matching calls and hands it to a replay', async () => {
    const id = await traceNamed('refund-agent');
    const { user } = await open(`#/traces/${id}`);
    await user.click(
      await screen.findByRole('button', { name: 'Make dataset of matching calls…' }),
    );
    const dialog = await screen.findByRole('dialog');
    const name = within(dialog).getByLabelText('Name');
    await user.clear(name);
    await user.type(name, 'last-week');
    await user.click(within(dialog).getByRole('button', { name: 'Make the dataset' }));
    await user.click(await within(dialog).findByRole('button', { name: 'Replay with…' }));
    expect(router.route.screen).toBe('replay');
    expect(router.route.params.dataset).toBe('last-week');
  });

  it('makes a dataset of the call in view alone, as it was sent', async () => {
    const made = vi.spyOn(host, 'datasetAsSent');
    const id = await traceNamed('refund-agent');
    const { user } = await open(`#/traces/${id}`);
    await user.click(await screen.findByRole('button', { name: 'Replay this call…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Make a dataset of this call' });
    expect(within(dialog).queryByLabelText('Look at no more calls than')).toBeNull();
    await user.click(within(dialog).getByRole('button', { name: 'Make the dataset' }));
    const spans = made.mock.calls.flatMap(([, , how]) => how.spans);
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatch(new RegExp(`^${id}/`));
    await user.click(await within(dialog).findByRole('button', { name: 'Replay with…' }));
    expect(router.route.params.prompt).toBe('@recorded');
  });

  it('has no accessibility violations, with and without a trace', async () => {
    const first = await open('#/traces');
    await screen.findByRole('article', { name: /Loss report/ });
    expect(await violations(first.container)).toEqual([]);
    first.unmount();
    const second = await open(`#/traces/${await traceNamed('refund-agent')}`);
    await screen.findByRole('listbox', { name: 'Steps of the trace' });
    await screen.findByRole('alert');
    expect(await violations(second.container)).toEqual([]);
  });
});
