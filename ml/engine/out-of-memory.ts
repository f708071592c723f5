/** TensorFlow tells an allocation that failed only in words. */
import { Problem } from '../../configs/problem.js';

/** Status 8 is RESOURCE_EXHAUSTED (tensorflow/c/tf_status.h), Status 1 of oneDNN is dnnl_out_of_memory; CUDA's libraries have words of their own. */
const WORDS =
  /Invalid TF_Status: 8\b|OOM when allocating|RESOURCE_EXHAUSTED|Resource exhausted|exception:Status: 1,|CUDA_ERROR_OUT_OF_MEMORY|_STATUS_ALLOC_FAILED/i;

export function isOutOfMemory(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof Problem) && WORDS.test(error.message);
}

/** @param what it was too little for: `a single pair of photos` */
export function outOfMemory(cause: Error, what: string): Problem {
  return new Problem({
    code: 'OUT_OF_MEMORY',
    message: `the device has not enough memory for ${what}: ${cause.message}`,
    where: 'environment.device',
    cure: 'free memory on the device, or use another one',
    cause,
  });
}
