// A gateway as a process of its own, and what it wrote into its decision log.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = process.env.ROOT;
const POLICY = 'rules/assemblyai';
// Models are released and retired: the mock is asked on a day when both kinds are there.
const DAY = '2026-03-01';

export const KEY = 'sk-ours';
const hash = (key) => createHash('sha256').update(key).digest('hex');
const KEYED = `
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
  - {address: '127.0.0.1:0', endpoint: eu}
keys:
  attribute: tenant
  rows:
    - sha256: ${hash(KEY)}
      row: everybody
      upstreams: {eu: env:OURS}
    - sha256: ${hash('sk-poor')}
      row: everybody
      upstreams: {eu: env:OURS}
      budget: {usd: 0.001, window_s: 3_600}
bounds: {body_bytes: 4000}
`;
const TENANTS = `
table tenants (home: place)
  row everybody: world
attribute tenant: key of tenants = everybody
`;
const HOSTS = `
gateway: 1
listeners:
  - {address: '127.0.0.1:0', hosts: {us.llm.test: us, 127.0.0.1: us}}
`;

/** Starts `portolan serve`; it listens where the machine has room. */
export async function start({ day = DAY, policy = POLICY, yaml, set = [] } = {}) {
  const place = mkdtempSync(join(tmpdir(), 'portolan-clients-'));
  const log = join(place, 'decisions.ndjson');
  const words = ['serve', policy, '--upstream', 'mock', '--at', day, '--log', log];
  if (yaml) {
    const file = join(place, 'gateway.yaml');
    writeFileSync(file, yaml);
    words.push('--config', file);
  } else {
    words.push('--listen', 'us=127.0.0.1:0', '--listen', 'eu=127.0.0.1:0');
  }
  for (const one of set) words.push('--set', one);
  const child = spawn(process.env.PORTOLAN, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const urls = {};
  let ready = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const found = line.match(/^listening: (.*) at (\S+)$/);
    for (const [, name] of found ? found[1].matchAll(/`([^`]+)`/g) : []) urls[name] = found[2];
    ready = line.startsWith('ready: ');
    if (ready) break;
  }
  if (!ready) throw new Error('it did not get ready');
  return {
    url: (endpoint = 'us') => `${urls[endpoint]}/v1`,
    lines: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse) : []),
    close: async () => {
      child.kill();
      await ended;
      rmSync(place, { recursive: true });
    },
  };
}

/** The shipped policy with one text in the place of another. */
function changed(old, fresh) {
  const copy = mkdtempSync(join(tmpdir(), 'portolan-policy-'));
  cpSync(join(ROOT, POLICY), copy, { recursive: true });
  const file = join(copy, 'policy.portolan');
  const text = readFileSync(file, 'utf8');
  if (text.split(old).length !== 2) throw new Error(`\`${old}\` is not there once`);
  writeFileSync(file, text.replace(old, fresh));
  return copy;
}

/** Gateways by the names that stand in the table of refusals. */
export const NAMED = {
  plain: () => start(),
  free: () => start({ set: ['account=free'] }),
  later: () => start({ day: '2026-08-01' }),
  hasty: () => start({ policy: changed('total 600s', 'total 1s') }),
  hosts: () => start({ yaml: HOSTS }),
  keyed: () => {
    const line = 'attribute zero_retention';
    return start({ yaml: KEYED, policy: changed(line, `${TENANTS}\n${line}`) });
  },
};
