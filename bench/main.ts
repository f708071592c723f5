/** `npm run bench -- train [--json]`: us and the peers in turn, in one run (design §3). */
import { cpus, totalmem } from 'node:os';
import { benchTrain, type Report } from './train/train.js';

const BENCHES: Readonly<Record<string, (note: (text: string) => void) => Promise<Report>>> = { train: benchTrain };

const [name = '', ...options] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined || options.some((option) => option !== '--json')) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--json]\n`);
  process.exitCode = 2;
} else {
  const report = await bench((text) => void process.stderr.write(`${text}\n`));
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) };
  process.stdout.write(options.includes('--json') ? `${JSON.stringify({ ...report, machine }, null, 2)}\n` : table(report));
}

function table({ ratios, medians, missing }: Report): string {
  const rows = (title: string, values: Readonly<Record<string, number>>): string[] =>
    Object.entries(values).map(([key, value]) => `${title.padEnd(8)} ${key.padEnd(16)} ${value.toFixed(title === 'ratio' ? 2 : 0)}`);
  const absent = Object.entries(missing).map(([peer, why]) => `missing  ${peer}: ${why}`);
  return `${[...rows('ratio', ratios), ...rows('median', medians), ...absent].join('\n')}\n`;
}
