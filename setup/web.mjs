/**
 * Builds the web page: web/ and what it needs of ONNX Runtime Web become dist/web/site, which `emo-aen serve` serves and any web server can.
 * Scripts carry a digest in their names and the runtime lies in a folder of its version, so that all but index.html and the service worker
 * may be kept by browsers for ever. The service worker gets the sha256 of every file.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const CLONE = dirname(dirname(fileURLToPath(import.meta.url)));
const WEB = join(CLONE, 'web');
const SITE = join(CLONE, 'dist', 'web', 'site');
const NEW = `${SITE}.tmp`;

/** Of ONNX Runtime Web, by what the page calls the runtime: its API, the loader of the binary, the binary. */
const RUNTIMES = {
  wasm: ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'],
  webgpu: ['ort.webgpu.min.mjs', 'ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'],
};

/** @param {import('node:crypto').BinaryLike} bytes @param {'hex' | 'base64'} encoding */
const sha256 = (bytes, encoding = 'hex') => createHash('sha256').update(bytes).digest(encoding);

/** The runtime's files, copied into a folder of their version: what the page must know of them. */
async function copyRuntimes() {
  const from = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  const { version } = JSON.parse(await readFile(join(from, '..', 'package.json'), 'utf8'));
  const folder = `ort/${version}`;
  await mkdir(join(NEW, folder), { recursive: true });
  /** @type {Record<string, { api: string, loader: string, binary: { path: string, bytes: number, sha256: string } }>} */
  const files = {};
  for (const [name, [api = '', loader = '', binary = '']] of Object.entries(RUNTIMES)) {
    for (const file of [api, loader, binary]) await cp(join(from, file), join(NEW, folder, file));
    const bytes = await readFile(join(from, binary));
    const path = `${folder}/${binary}`;
    files[name] = { api: `${folder}/${api}`, loader: `${folder}/${loader}`, binary: { path, bytes: bytes.length, sha256: sha256(bytes) } };
  }
  return files;
}

/**
 * One script of the page, with everything it imports. Returns its path in the site.
 * @param {string} entry @param {string} outName esbuild's pattern @param {Record<string, unknown>} define
 */
async function bundle(entry, outName, define) {
  const { metafile } = await build({
    entryPoints: [join(WEB, entry)],
    outdir: NEW,
    entryNames: outName,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    logLevel: 'warning',
    legalComments: 'none',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    absWorkingDir: CLONE,
    define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
  });
  const [made = ''] = Object.keys(metafile.outputs);
  return relative(NEW, join(CLONE, made)).split(sep).join('/');
}

/** @param {string} path in the site */
async function integrityOf(path) {
  return `sha256-${sha256(await readFile(join(NEW, path)), 'base64')}`;
}

/** @param {string} page @param {string} style paths in the site */
async function writeIndex(page, style) {
  const values = {
    '%PAGE%': page,
    '%PAGE_INTEGRITY%': await integrityOf(page),
    '%STYLE%': style,
    '%STYLE_INTEGRITY%': await integrityOf(style),
  };
  let text = await readFile(join(WEB, 'index.html'), 'utf8');
  for (const [mark, value] of Object.entries(values)) text = text.replaceAll(mark, value);
  await writeFile(join(NEW, 'index.html'), text);
}

/** Every file of the site with its sha256. WebGPU's runtime is kept only by browsers that used it. @param {readonly string[]} webgpu paths */
async function siteFiles(webgpu) {
  const entries = await readdir(NEW, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(NEW, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .sort();
  const files = await Promise.all(
    paths.map(async (path) => {
      const bytes = await readFile(join(NEW, path));
      return { path, bytes: bytes.length, sha256: sha256(bytes), always: !webgpu.includes(path) };
    }),
  );
  return { version: sha256(JSON.stringify(files)).slice(0, 16), files };
}

await rm(NEW, { recursive: true, force: true });
const runtimes = await copyRuntimes();
const worker = await bundle('worker/ranker.ts', 'assets/ranker-[hash]', { __RUNTIME_FILES__: runtimes });
const page = await bundle('page/main.ts', 'assets/page-[hash]', { __WORKER__: worker });
const style = await bundle('style.css', 'assets/style-[hash]', {});
await cp(join(WEB, 'icon.svg'), join(NEW, 'icon.svg'));
await writeIndex(page, style);
const { api = '', loader = '', binary } = runtimes['webgpu'] ?? {};
const site = await siteFiles([api, loader, binary?.path ?? '']);
await bundle('service/service-worker.ts', 'service-worker', { __SITE__: site });
await rm(SITE, { recursive: true, force: true });
await rename(NEW, SITE);
