// Starts the processes a test needs, each in its own group, and ends exactly those again, by pid:
// also when the test fails, times out or is interrupted. Should the test itself be killed, the
// kernel ends them: they are started through `setpriv --pdeathsig`.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const running = new Set();

/** The command line that runs `command` only as long as whoever started it lives. */
export function mortal(command, args) {
  return ['setpriv', ['--pdeathsig', 'KILL', '--', command, ...args]];
}

/** Starts a process in its own group. `fd3` asks for a pipe the process writes to on descriptor 3. */
export function start(command, args, { env = process.env, fd3 = false, log } = {}) {
  const stdio = ['ignore', log ?? 'ignore', log ?? 'ignore', ...(fd3 ? ['pipe'] : [])];
  const child = spawn(...mortal(command, args), { env, stdio, detached: true });
  child.on('error', () => {});
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends a process and everything it started: asks first, insists after two seconds. */
export async function stop(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    signal(child, 'SIGTERM');
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 2000))]);
  }
  // The leader may be gone while what it started lives on in its group.
  signal(child, 'SIGKILL');
  running.delete(child);
}

/** A TCP port on loopback that nobody listens on at this moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function signal(child, name) {
  try {
    if (child.pid) process.kill(-child.pid, name);
  } catch {
    // Already gone.
  }
}

process.once('exit', () => {
  for (const child of running) signal(child, 'SIGKILL');
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => process.exit(130));
