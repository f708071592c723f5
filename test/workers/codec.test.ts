import assert from 'node:assert/strict';
import { defaultPayloadConverter } from '@temporalio/common';
import { DATA_CONVERTER } from '../../workers/codec.js';

describe('the payload codec', () => {
  const [codec] = DATA_CONVERTER.payloadCodecs ?? [];
  const payloadOf = (value: unknown) => {
    const payload = defaultPayloadConverter.toPayload(value);
    assert.ok(payload !== undefined && codec !== undefined);
    return { payload, codec };
  };

  it('leaves small payloads as they are, for people to read', async () => {
    const { payload, codec: used } = payloadOf({ a: 1 });
    assert.deepEqual(await used.encode([payload]), [payload]);
    assert.deepEqual(await used.decode([payload]), [payload]);
  });

  it('makes large ones small, and whole again', async () => {
    const value = Array.from({ length: 5_000 }, (_, number) => ({ name: `task-${number}`, state: 'waiting' }));
    const { payload, codec: used } = payloadOf(value);
    const [packed] = await used.encode([payload]);
    assert.ok(packed !== undefined && (packed.data?.length ?? 0) < (payload.data?.length ?? 0) / 5);
    const [whole] = await used.decode([packed]);
    assert.ok(whole !== undefined);
    assert.deepEqual(defaultPayloadConverter.fromPayload(whole), value);
  });
});
