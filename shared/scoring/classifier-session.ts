import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { rejected } from './model-files.ts';
import { createSession } from './onnx-session.ts';

/** How a classifier is called. Names left out are found, when only one tensor can be meant. */
export interface ClassifierTensors {
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  /** Column of the output that is the probability of default. */
  readonly defaultColumn: number;
}

/** Rows a run: boosted trees take some 0.1 s of one core for them, after which other work gets its turn. */
const BLOCK_ROWS = 4_096;

/** A classifier of another make in memory: a feature matrix in, the probability of one class out. */
export class ClassifierSession {
  readonly input: string;
  readonly output: string;
  readonly #file: string;
  readonly #session: InferenceSession;
  readonly #width: number;
  readonly #defaultColumn: number;

  private constructor(
    file: string,
    session: InferenceSession,
    width: number,
    tensors: { readonly input: string; readonly output: string; readonly defaultColumn: number },
  ) {
    this.input = tensors.input;
    this.output = tensors.output;
    this.#file = file;
    this.#session = session;
    this.#width = width;
    this.#defaultColumn = tensors.defaultColumn;
  }

  /**
   * Open the bytes of an ONNX file that takes float32 [N, `width`] and gives float32 [N, 2] or [N, 1]. Raises
   * DomainError `model_rejected`: `not_loadable`, `missing` or `ambiguous` tensor, `zipmap` (probabilities as
   * maps instead of a tensor), `mismatch` of type or shape.
   */
  static async open(
    file: string,
    bytes: Uint8Array,
    width: number,
    tensors: ClassifierTensors,
  ): Promise<ClassifierSession> {
    const session = await createSession(file, bytes);
    try {
      const input = inputOf(file, session, tensors.input, width);
      const { name: output, columns } = outputOf(file, session, tensors.output);
      if (columns !== null && tensors.defaultColumn >= columns) {
        const message = `${file}: ${output} has ${columns} columns, none of them ${tensors.defaultColumn}`;
        throw rejected(`${file}.${output}`, 'mismatch', message);
      }
      return new ClassifierSession(file, session, width, {
        input,
        output,
        defaultColumn: tensors.defaultColumn,
      });
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /**
   * Probabilities [rows] of a feature matrix [rows, F], as the model says them, NaN among them where it has no
   * answer. Raises DomainError `model_rejected` when it answers in another shape.
   */
  async probabilities(features: Float32Array, rows: number): Promise<Float32Array> {
    const answers = new Float32Array(rows);
    for (let start = 0; start < rows; start += BLOCK_ROWS) {
      const end = Math.min(rows, start + BLOCK_ROWS);
      const block = features.subarray(start * this.#width, end * this.#width);
      const outputs = await this.#session.run(
        { [this.input]: new Tensor('float32', block, [end - start, this.#width]) },
        [this.output],
      );
      const { data } = outputs[this.output] ?? {};
      const columns = (data?.length ?? 0) / (end - start);
      if (!(data instanceof Float32Array) || ![1, 2].includes(columns) || this.#defaultColumn >= columns) {
        const message = `${this.#file}: ${this.output} must be float32 [N, 2] or [N, 1]`;
        throw rejected(`${this.#file}.${this.output}`, 'mismatch', message);
      }
      for (let row = 0; row < end - start; row += 1) {
        answers[start + row] = data[row * columns + this.#defaultColumn] ?? Number.NaN;
      }
    }
    return answers;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

type Metadata = InferenceSession['inputMetadata'][number];

function inputOf(file: string, session: InferenceSession, named: string | undefined, width: number): string {
  const metadata = session.inputMetadata;
  if (named === undefined && metadata.length > 1) {
    const message = `${file}: ${metadata.length} inputs; export it with one float32 [N, ${width}]`;
    throw rejected(`${file}.input`, 'ambiguous', message);
  }
  const found = named === undefined ? metadata[0] : metadata.find(({ name }) => name === named);
  if (found === undefined) throw rejected(`${file}.${named}`, 'missing', `${file}: no input ${named}`);
  if (metadata.length > 1 || !isFloat(found) || lastOf(found) !== width) {
    const message = `${file}: ${found.name} must be its one input, float32 [N, ${width}], is ${shapeText(found)}`;
    throw rejected(`${file}.${found.name}`, 'mismatch', message);
  }
  return found.name;
}

function outputOf(
  file: string,
  session: InferenceSession,
  named: string | undefined,
): { readonly name: string; readonly columns: number | null } {
  const metadata = session.outputMetadata;
  const candidates =
    named === undefined
      ? metadata.filter((output) => !output.isTensor || isFloat(output))
      : metadata.filter(({ name }) => name === named);
  const [found, another] = candidates;
  if (found === undefined) {
    const field = named ?? 'output';
    const message = `${file}: no ${named === undefined ? 'float32 output' : `output ${named}`}`;
    throw rejected(`${file}.${field}`, 'missing', message);
  }
  if (another !== undefined) {
    const names = candidates.map(({ name }) => name).join(', ');
    throw rejected(`${file}.output`, 'ambiguous', `${file}: which of ${names} is the probability?`);
  }
  if (!found.isTensor) {
    const message =
      `${file}: ${found.name} is a sequence of maps (ZipMap), not a tensor: ` +
      'export the model again with zipmap off';
    throw rejected(`${file}.${found.name}`, 'zipmap', message);
  }
  const columns = lastOf(found);
  if (!isFloat(found) || columns === undefined || (typeof columns === 'number' && columns > 2)) {
    const message = `${file}: ${found.name} must be float32 [N, 2] or [N, 1], is ${shapeText(found)}`;
    throw rejected(`${file}.${found.name}`, 'mismatch', message);
  }
  return { name: found.name, columns: typeof columns === 'number' ? columns : null };
}

const isFloat = (metadata: Metadata) => metadata.isTensor && metadata.type === 'float32';
/** The width of [N, width]; a name where the file leaves it open; undefined for another rank. */
const lastOf = (metadata: Metadata): number | string | undefined =>
  metadata.isTensor && metadata.shape.length === 2 ? metadata.shape[1] : undefined;
const shapeText = (metadata: Metadata): string =>
  metadata.isTensor
    ? `${metadata.type} [${metadata.shape.map((size) => size || 'N').join(', ')}]`
    : 'no tensor';
