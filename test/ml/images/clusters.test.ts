import assert from 'node:assert/strict';
import { Clusters, clusters } from '../../../ml/images/clusters.js';
import { Draws } from '../../../ml/random/philox.js';

describe('clusters', () => {
  it('are what hangs together, over others as well; photos that are alone are in none', () => {
    const edges = [[5, 6], [1, 4], [0, 4], [6, 9]].map(([a = 0, b = 0]) => ({ a, b })); // prettier-ignore
    assert.deepEqual(clusters(edges, 10), [[0, 1, 4], [5, 6, 9]]); // prettier-ignore
    assert.deepEqual(clusters([], 3), []);
  });
});

describe('Clusters', () => {
  it('finds the smallest of a cluster, whatever the order of joining', () => {
    const draws = new Draws('crop', { seed: 9, epoch: 0, index: 0 });
    const joins = Array.from({ length: 300 }, () => [draws.below(400), draws.below(400)] as const);
    const roots = [joins, draws.shuffled(joins)].map((order) => {
      const all = new Clusters(400);
      for (const [a, b] of order) all.join(a, b);
      return Array.from({ length: 400 }, (_, photo) => all.find(photo));
    });
    assert.deepEqual(roots[0], roots[1]);
    for (const [a, b] of joins) assert.equal(roots[0]?.[a], roots[0]?.[b]);
    roots[0]?.forEach((root, photo) => assert.ok(root <= photo));
  });

  it('says whether joining changed anything', () => {
    const all = new Clusters(3);
    assert.deepEqual([all.join(0, 2), all.join(2, 0), all.join(1, 1), all.join(1, 2)], [true, false, false, true]);
  });
});
