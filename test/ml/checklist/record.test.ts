import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Ledger, LedgerTask } from '../../../configs/schema/ledger.js';
import type { Artifact } from '../../../configs/schema/payload.js';
import { recordFaults } from '../../../ml/checklist/record.js';
import { Draws } from '../../../ml/random/philox.js';
import { fingerprint } from '../../../workflows/fingerprint.js';
import { inputsIn } from '../../../workflows/graph.js';
import { planned } from '../../workflows/plans.js';

describe('the record of a task', () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  /** A ledger whose fingerprints the workflow's own functions made: random needs, reads, settings and references. */
  function ledgerOf(seed: number): Ledger {
    const draws = new Draws('degrade', { seed, epoch: 0, index: 0 });
    const some = (names: readonly string[]): string[] => names.filter(() => draws.below(2) === 0);
    const names = Array.from({ length: 8 }, (_, index) => `task ${index}`);
    const plans = names.map((name, index) => {
      const before = names.slice(0, index);
      const [referred] = some(before);
      return planned(name, {
        needs: [...new Set([...some(before), ...(referred === undefined ? [] : [referred])])],
        reads: some(['a', 'b', 'c']),
        provides: ['a', 'b', 'c'],
        code: draws.below(2) === 0 ? null : sha256(`code of ${name}`),
        settings:
          draws.below(3) === 0 ? null : { z: draws.below(9), a: [1.5, { y: 'ä "', x: null }], nested: { deep: draws.below(2) === 0 } },
        references: referred === undefined ? [] : [{ path: ['a'], task: referred, output: 'a' }],
      });
    });
    const outputs = new Map(
      names.map((name) => {
        const artifacts: Artifact[] = ['a', 'b', 'c']
          .filter(() => draws.below(2) === 0)
          .map((artifact) => ({ name: artifact, path: `${name}/${artifact}`, sha256: sha256(`${seed} ${name} ${artifact}`), bytes: 1 }));
        return [name, artifacts] as const;
      }),
    );
    const tasks = plans.map((plan): LedgerTask => {
      const print = fingerprint(
        plan,
        inputsIn(plans).of(plan, (name) => outputs.get(name) ?? []),
      );
      const output = { artifacts: outputs.get(plan.name) ?? [], summary: {}, warnings: [] };
      const rest = { attempts: 1, reason: '', startedAt: null, endedAt: null, failure: null, fromRun: null, approved: null };
      return { plan, state: 'done', fingerprint: print, output, ...rest };
    });
    return {
      version: 1,
      run: 'r',
      pipeline: 'p',
      file: 'f',
      planHash: '',
      state: 'completed',
      until: null,
      number: 1,
      startedAt: '',
      endedAt: null,
      tasks,
      events: [],
    };
  }
  const faultsOf = (ledger: Ledger): string[] => ledger.tasks.flatMap((task) => recordFaults(ledger, task));

  it('agrees with the fingerprints that the workflow makes', () => {
    for (let seed = 0; seed < 200; seed++) assert.deepEqual(faultsOf(ledgerOf(seed)), [], `seed ${seed}`);
  });

  it('does not, once settings, version or the digest of something that was read were edited', () => {
    let read = 0;
    for (let seed = 0; seed < 50; seed++) {
      for (const change of [{ settings: { z: 'edited' } }, { version: 99 }]) {
        const ledger = ledgerOf(seed);
        const [, , third] = ledger.tasks;
        Object.assign(third?.plan ?? {}, change);
        assert.match(String(faultsOf(ledger)), /ledger\.json was edited: of task task 2 its fingerprint is/, `seed ${seed}`);
      }
      const ledger = ledgerOf(seed);
      const plans = ledger.tasks.map(({ plan }) => plan);
      const inputs = plans.flatMap((plan) =>
        inputsIn(plans).of(plan, (name) => ledger.tasks.find((task) => task.plan.name === name)?.output?.artifacts ?? []),
      );
      const [input] = inputs;
      if (input === undefined) continue;
      read += 1;
      const made = ledger.tasks.flatMap(({ output }) => output?.artifacts ?? []).find(({ path }) => path === input.path);
      Object.assign(made ?? {}, { sha256: sha256('edited') });
      assert.match(String(faultsOf(ledger)), /ledger\.json was edited/, `seed ${seed}`);
    }
    assert.ok(read > 25);
  });
});
