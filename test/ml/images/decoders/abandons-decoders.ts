/** Run as a child: decodes a photo, tells the process id of the decoder and waits to be killed. */
import { Decoders } from '../../../../ml/images/decoders/decoders.js';

const [, , path = ''] = process.argv;
const decoders = new Decoders({ most: 1 });
await decoders.photo(path, (read) => read(path, Infinity));
process.send?.(decoders.pids[0]);
