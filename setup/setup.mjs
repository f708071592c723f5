/** `npm run setup`. */
import { setUpOrExplain } from './main.mjs';

await setUpOrExplain();
