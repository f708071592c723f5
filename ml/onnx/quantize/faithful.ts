/**
 * The float network that is quantised: prepared, skips separated, channels equalised, each of which must leave what it computes as it was.
 * That is seen on the photos that calibrate, before anything is quantised; a step that changes the answers is left out, and it is said.
 */
import { Problem } from '../../../configs/problem.js';
import { encodeModel, type OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { compareOutputs, isSame, relativeError, type OutputError, type Runnable } from './agreement.js';
import { equalize, type ChannelRanges } from './equalize.js';
import { photoInput } from './feeds.js';
import type { Names } from './names.js';
import { observeChannels } from './observe.js';
import { planQuantization, type QuantizationPlan } from './plan.js';
import { poolMeans } from './pooling.js';
import { prepareModel } from './prepare.js';
import { shapesOf, type Shapes } from './shapes.js';
import { separateSkips } from './skips.js';

/** A float network, what of it is quantised, and what the photos do in it. */
export interface Seen {
  readonly model: OnnxModel;
  readonly plan: QuantizationPlan;
  readonly ranges: ReadonlyMap<string, ChannelRanges>;
}

export interface Faithful {
  readonly best: Seen;
  /** The same without what only serves finer steps. */
  readonly plain: Seen;
  readonly shapes: Shapes;
  /** Of the prepared network, against the one that was given. */
  readonly error: number;
  readonly notes: readonly string[];
}

export interface FaithfulRequest {
  readonly float: OnnxModel;
  readonly reference: Runnable | undefined;
  readonly source: PhotoSource;
  readonly names: Names;
  /** Of the equalisation; 0: none. */
  readonly strength: number;
  readonly done: (photos: number) => void;
}

/** @throws Problem WEIGHTS where the network, read and written again, is another one, or gives no numbers. */
export async function faithfulModel({ float, reference, source, names, strength, done }: FaithfulRequest): Promise<Faithful> {
  const input = photoInput(float);
  const original = reference ?? encodeModel(float);
  const prepared = prepareModel(poolMeans(float, names, await shapesOf(float, source)), names);
  const separated = strength > 0 ? separateSkips(prepared, names) : prepared;
  const shapes = await shapesOf(separated, source);
  const before = await seenOf(separated, source, done);
  const equalized = equalize(separated, shapes, before.ranges, strength);
  const [errors = []] = await compareOutputs(original, [equalized.model], input, source, () => done(source.count));
  insistOnNumbers(errors);
  if (isSame(errors)) {
    const plain = { ...before, model: prepared, plan: planQuantization(prepared) };
    return { best: { ...before, ...equalized }, plain, shapes, error: relativeError(errors), notes: [] };
  }
  const steps = [
    { left: 'equalising channels', model: separated },
    { left: 'equalising channels and separating skips', model: prepared },
    { left: 'preparing (hard sigmoids, biases, pooling)', model: float },
  ];
  const each = await compareOutputs(
    original,
    steps.map(({ model }) => model),
    input,
    source,
    () => done(source.count),
  );
  const place = each.findIndex(isSame);
  const [step, kept] = [steps[place], each[place]];
  if (step === undefined || kept === undefined)
    throw new Problem({
      code: 'WEIGHTS',
      message: `the network, read and written again, gives other answers (error over variance ${relativeError(errors).toExponential(1)})`,
      cure: 'check it with onnx.checker.check_model(model, full_check=True), and export it again with constants folded',
    });
  const seen = await seenOf(step.model, source, () => undefined);
  return {
    best: seen,
    plain: seen,
    shapes: await shapesOf(step.model, source),
    error: relativeError(kept),
    notes: [
      `${step.left} was left out: it would have changed what the network computes (error over variance ${relativeError(errors).toExponential(1)})`,
    ],
  };
}

async function seenOf(model: OnnxModel, source: PhotoSource, done: (photos: number) => void): Promise<Seen> {
  const plan = planQuantization(model);
  const values = [...plan.grids].flatMap(([name, kind]) => (kind === 'same' ? [] : [name]));
  return { model, plan, ranges: await observeChannels(model, source, values, done) };
}

function insistOnNumbers(errors: readonly OutputError[]): void {
  const none = errors.find(({ square }) => !Number.isFinite(square));
  if (none === undefined) return;
  throw new Problem({
    code: 'WEIGHTS',
    message: `the float network's output ${none.output} overflows on the photos that calibrate`,
    cure: 'check mean and std of the photos with --mean and --std, or export a network whose training did not diverge',
  });
}
