import assert from 'node:assert/strict';
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import type { Project } from '../../../workers/project/project.js';
import { sealCodec, UNSEALED } from '../../../workers/project/seal.js';

const keyOf = (byte: number): Buffer => Buffer.alloc(32, byte);
const PROJECT: Project = { id: 'one', keys: [keyOf(1)] };
const RUN: SerializationContext = { type: 'workflow', namespace: 'default', workflowId: 'run' };
const task = (activityId: string): SerializationContext => ({
  type: 'activity',
  namespace: 'default',
  workflowId: 'run',
  activityId,
  isLocal: false,
});

describe('a sealed payload', () => {
  const seal = async (value: unknown, context: SerializationContext = RUN, project = PROJECT): Promise<Payload> => {
    const [sealed] = await sealCodec(project).encode([defaultPayloadConverter.toPayload(value)], context);
    assert.ok(sealed);
    return sealed;
  };
  const open = async (payload: Payload, context: SerializationContext | undefined = RUN, project = PROJECT): Promise<unknown> => {
    const [opened] = await sealCodec(project).decode([payload], context);
    assert.ok(opened);
    return defaultPayloadConverter.fromPayload(opened);
  };

  for (const value of [{ text: 'private' }, [1, 'two'], 7, true, null, undefined, new Uint8Array([1, 2, 3])])
    it(`shows nothing, and is opened with the key: ${JSON.stringify(value)}`, async () => {
      const sealed = await seal(value);
      assert.equal(Buffer.from(sealed.metadata?.['encoding'] ?? '').toString(), 'binary/sealed');
      assert.ok(!Buffer.from(sealed.data ?? '').includes('private'));
      assert.deepEqual(await open(sealed), value);
    });

  it('is one too where protobuf stands for no bytes by an empty list', async () => {
    const nothing = { ...defaultPayloadConverter.toPayload(undefined), data: [] as unknown as Uint8Array };
    const [sealed = {}] = await sealCodec(PROJECT).encode([nothing], RUN);
    assert.equal(await open(sealed), undefined);
  });

  it('is another each time, also of the same value', async () => {
    const [one, other] = [await seal({ a: 1 }), await seal({ a: 1 })];
    assert.notDeepEqual(one.metadata?.['seal-nonce'], other.metadata?.['seal-nonce']);
    assert.notDeepEqual(one.data, other.data);
  });

  it('is small where the value is large and says the same again and again', async () => {
    const value = Array.from({ length: 5_000 }, (_, number) => ({ name: `task-${number}`, state: 'waiting' }));
    const sealed = await seal(value);
    assert.ok((sealed.data?.length ?? 0) < JSON.stringify(value).length / 5);
    assert.deepEqual(await open(sealed), value);
  });

  it('is opened where nobody says what for: by the endpoint of the UI', async () => {
    const [opened] = await sealCodec(PROJECT).decode([await seal({ a: 1 }, task('train'))]);
    assert.deepEqual(opened && defaultPayloadConverter.fromPayload(opened), { a: 1 });
  });

  it('is refused for another run or task than it was sealed for, and for another project', async () => {
    const ofTrain = await seal({ a: 1 }, task('train'));
    assert.deepEqual(await open(ofTrain, task('train')), { a: 1 });
    for (const context of [task('audit'), RUN, { ...RUN, workflowId: 'other' } as SerializationContext])
      assert.equal(await open(ofTrain, context), UNSEALED);
    assert.equal(await open(ofTrain, task('train'), { ...PROJECT, id: 'two' }), UNSEALED);
    assert.equal(await open(ofTrain, task('train'), { ...PROJECT, keys: [keyOf(2)] }), UNSEALED);
  });

  it('is refused with any bit turned, cut anywhere, or with any other metadata', async () => {
    const { metadata, data } = await seal({ a: 1 });
    assert.ok(metadata && data);
    for (let at = 0; at < data.length; at++) {
      const turned: Uint8Array = Uint8Array.from(data);
      turned[at] = (turned[at] ?? 0) ^ 1;
      assert.equal(await open({ metadata, data: turned }), UNSEALED);
      assert.equal(await open({ metadata, data: data.subarray(0, at) }), UNSEALED);
    }
    for (const name of Object.keys(metadata)) {
      const value: Uint8Array = metadata[name] ?? new Uint8Array();
      const others: Record<string, Uint8Array> = Object.fromEntries(Object.entries(metadata).filter(([other]) => other !== name));
      assert.equal(await open({ metadata: others, data }), UNSEALED, `without ${name}`);
      assert.equal(await open({ metadata: { ...metadata, [name]: Buffer.concat([value, Buffer.from('x')]) }, data }), UNSEALED, name);
    }
    assert.equal(await open({ metadata: { ...metadata, more: Buffer.from('x') }, data }), UNSEALED);
  });

  it('is told from what was never sealed: of that nothing is taken but texts, which no door takes', async () => {
    for (const value of [{ a: 1 }, [], 7, true, null, undefined, new Uint8Array([1])])
      assert.equal(await open(defaultPayloadConverter.toPayload(value)), UNSEALED);
    for (const payload of [{}, { metadata: {} }, { data: Buffer.from('{}') }, { metadata: { encoding: Buffer.from('binary/sealed') } }])
      assert.equal(await open(payload), UNSEALED);
    assert.equal(await open(defaultPayloadConverter.toPayload('a text')), 'a text');
  });

  it('is opened after its key was replaced, as long as the old one is kept; the new one seals', async () => {
    const old = await seal({ a: 1 });
    const rotated: Project = { id: 'one', keys: [keyOf(2), keyOf(1)] };
    assert.deepEqual(await open(old, RUN, rotated), { a: 1 });
    const fresh = await seal({ b: 2 }, RUN, rotated);
    assert.notDeepEqual(fresh.metadata?.['seal-key'], old.metadata?.['seal-key']);
    assert.deepEqual(await open(fresh, RUN, { id: 'one', keys: [keyOf(2)] }), { b: 2 });
    assert.equal(await open(fresh), UNSEALED);
  });

  it("leaves texts, and what Temporal's UI asks a workflow about itself, readable", async () => {
    for (const value of ['run nightly-1 of nightly', { definition: { type: 'pipeline', queryDefinitions: [] }, currentDetails: '**a**' }]) {
      const payload = defaultPayloadConverter.toPayload(value);
      assert.deepEqual(await sealCodec(PROJECT).encode([payload], RUN), [payload]);
    }
  });
});
