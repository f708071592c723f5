import assert from 'node:assert/strict';
import { placeName, renderFindings, type Finding } from '../../../cli/doctor/finding.js';

describe("the doctor's findings", () => {
  const node: Finding = { id: 'node', title: 'Node', found: '20.10.0', ok: true, needed: true, cure: null };
  const git: Finding = { id: 'git', title: 'git', found: null, ok: false, needed: true, cure: 'install git' };
  const server: Finding = { id: 'server', title: 'Temporal server', found: 'not running', ok: false, needed: false, cure: 'emo-aen up' };

  it('are a line each, the cure below what is missing, and the sum of it at the end', () => {
    assert.equal(
      renderFindings([node, git, server]),
      [
        'ok       Node             20.10.0',
        'MISSING  git              not found',
        '                          cure: install git',
        'note     Temporal server  not running',
        '                          cure: emo-aen up',
        '1 needed thing is missing.',
      ].join('\n'),
    );
    assert.match(renderFindings([node, server]), /Nothing that is needed is missing\.$/);
  });

  it('name places from the project, from the home folder, or in full', () => {
    assert.equal(placeName('/home/ann/photos', '/home/ann/photos/.emo-aen/logs', '/home/ann'), '.emo-aen/logs');
    assert.equal(placeName('/home/ann/photos', '/home/ann/.cache/emo-aen', '/home/ann'), '~/.cache/emo-aen');
    assert.equal(placeName('/home/ann/photos', '/opt/cache', '/home/ann'), '/opt/cache');
    assert.equal(placeName('/home/ann', '/home/annual', '/root'), '/home/annual');
  });
});
