import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { registrySchema } from '../../shared/scoring/manifest.ts';
import { TRUSTED_KEYS_FILE } from '../../shared/scoring/model-signature.ts';

export type BundleArchitecture = 'arm64' | 'x64';
export type ModelStage = 'champion' | 'challengers';

export interface BundleFunctionOptions {
  /** Name of the function, and of its folder under `outDirectory`. */
  readonly name: string;
  /** The module that exports `handler`, absolute or relative to the repository. */
  readonly entry: string;
  readonly outDirectory: string;
  /** Carry ONNX Runtime's binaries of one platform, the registry, the keys it trusts and the models of a stage. */
  readonly onnx: boolean;
  /** Which of the registry's models to carry, with the registry and the keys it trusts. Default with ONNX: the champion. */
  readonly modelStage?: ModelStage;
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly architecture: BundleArchitecture;
  /** Holds registry.json and the models it names. Default: models/ of the repository. */
  readonly modelsDirectory?: string;
}

export interface FunctionBundle {
  /** What Lambda unpacks as its task root: `index.mjs` and, with ONNX, `node_modules/` and `models/`. */
  readonly directory: string;
  /** Sum of the files' sizes, unpacked. */
  readonly bytes: number;
}

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const ONNX_PACKAGE = 'onnxruntime-node';

/** Bundled CommonJS dependencies call `require` for Node's own modules; an ES module has none. */
const REQUIRE_BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** zod holds its messages in some fifty languages, 270 KB of 920; ours are English, and the rest is dropped. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    })),
};

/**
 * Bundle one function into `outDirectory/name`, replacing what was there. Knows nothing of CDK, so the
 * benchmark measures the very bundle that is deployed.
 *
 * The AWS SDK goes into the bundle: tree-shaken and minified into one file it loads faster than the hundreds
 * of files of the runtime's own copy, and its version is the one that was tested.
 *
 * Raises an error when the code and `onnx` disagree: a function that scores without carrying ONNX Runtime, or
 * carries it without scoring.
 */
export async function bundleFunction(options: BundleFunctionOptions): Promise<FunctionBundle> {
  const directory = join(resolve(options.outDirectory), options.name);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { metafile } = await build({
    entryPoints: [resolve(repository, options.entry)],
    outfile: join(directory, 'index.mjs'),
    absWorkingDir: repository,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    external: [ONNX_PACKAGE],
    minifyWhitespace: true,
    minifySyntax: true,
    // Names stay, so a fault's frames and its error's name can be read in the log without the source map:
    // reading the map in the function (--enable-source-maps) cost 20 ms and more of every cold start.
    minifyIdentifiers: false,
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [englishOnly],
    metafile: true,
    logLevel: 'silent',
  });
  const importsOnnx = Object.values(metafile.outputs).some((output) =>
    output.imports.some((imported) => imported.path === ONNX_PACKAGE),
  );
  if (importsOnnx !== options.onnx) {
    throw new Error(
      options.onnx
        ? `function ${options.name} is bundled with ONNX Runtime but never imports it`
        : `function ${options.name} imports ${ONNX_PACKAGE} but is bundled without it`,
    );
  }
  const modelStage = options.modelStage ?? (options.onnx ? 'champion' : undefined);
  await Promise.all([
    options.onnx ? copyOnnxRuntime(directory, options.platform, options.architecture) : undefined,
    modelStage === undefined
      ? undefined
      : copyModels(directory, options.modelsDirectory ?? join(repository, 'models'), modelStage),
  ]);
  return { directory, bytes: (await filesOf(directory)).reduce((sum, file) => sum + file.bytes, 0) };
}

/** The npm package holds five platforms, 290 MB; a zip may be 250 MB unpacked, and a cold start reads it all. */
async function copyOnnxRuntime(
  directory: string,
  platform: string,
  architecture: BundleArchitecture,
): Promise<void> {
  const require = createRequire(import.meta.url);
  const runtime = dirname(dirname(require.resolve(ONNX_PACKAGE)));
  const common = resolve(runtime, '../onnxruntime-common');
  const binaries = join('bin', 'napi-v6', platform, architecture);
  const runtimeTarget = join(directory, 'node_modules', ONNX_PACKAGE);
  const commonTarget = join(directory, 'node_modules', 'onnxruntime-common');
  const isRuntimeCode = async (path: string) =>
    (await stat(path)).isDirectory() || path.endsWith('.js') || path.endsWith('package.json');
  await Promise.all([
    cp(join(runtime, 'package.json'), join(runtimeTarget, 'package.json')),
    cp(join(runtime, 'dist'), join(runtimeTarget, 'dist'), { recursive: true, filter: isRuntimeCode }),
    cp(join(runtime, binaries), join(runtimeTarget, binaries), { recursive: true }),
    cp(join(common, 'package.json'), join(commonTarget, 'package.json')),
    // The binding is CommonJS and requires this half of onnxruntime-common; the other half is for browsers.
    cp(join(common, 'dist', 'cjs'), join(commonTarget, 'dist', 'cjs'), {
      recursive: true,
      filter: isRuntimeCode,
    }),
  ]);
}

/** For people and for the benchmark; no manifest names them. */
const filesNoScorerReads: ReadonlySet<string> = new Set(['MODEL_CARD.md', 'baseline-ensemble.onnx']);

async function copyModels(directory: string, modelsDirectory: string, stage: ModelStage): Promise<void> {
  const registryFile = join(modelsDirectory, 'registry.json');
  const { champion, challengers } = registrySchema.parse(JSON.parse(await readFile(registryFile, 'utf8')));
  const paths = stage === 'champion' ? [champion.path] : challengers.map(({ path }) => path);
  await Promise.all(
    ['registry.json', TRUSTED_KEYS_FILE, ...paths].map((path) =>
      cp(join(modelsDirectory, path), join(directory, 'models', path), {
        recursive: true,
        filter: (source) => !filesNoScorerReads.has(basename(source)),
      }),
    ),
  );
}

interface BundledFile {
  /** Relative to the bundle's directory. */
  readonly path: string;
  readonly bytes: number;
}

/** Every file of a bundle. */
export async function filesOf(directory: string): Promise<BundledFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path: path.slice(directory.length + 1), bytes: (await stat(path)).size };
      }),
  );
}

/** Bytes a zip spends on each file besides its name and content: local header and central directory entry. */
const ZIP_ENTRY_BYTES = 30 + 46;
const ZIP_END_BYTES = 22;

/** Size in bytes of a bundle as the zip that Lambda is given: deflate at its default level, plus headers. */
export async function zipBytes(directory: string): Promise<number> {
  const deflate = promisify(deflateRaw);
  let total = ZIP_END_BYTES;
  for (const { path } of await filesOf(directory)) {
    const compressed = await deflate(await readFile(join(directory, path)));
    total += ZIP_ENTRY_BYTES + 2 * Buffer.byteLength(path) + compressed.byteLength;
  }
  return total;
}
