/** Which published file a runtime takes: the one rule, for `rank`, the page and every other reader. */
interface Offered {
  readonly files: readonly { readonly runtimes: readonly string[] }[];
}

/** The first file that is meant for the runtime (`native`, `wasm`, `webgpu`); undefined where there is none. */
export function fileFor<Manifest extends Offered>({ files }: Manifest, runtime: string): Manifest['files'][number] | undefined {
  return files.find(({ runtimes }) => runtimes.includes(runtime));
}
