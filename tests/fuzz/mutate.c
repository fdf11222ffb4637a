/* SPDX-License-Identifier: Apache-2.0 */
/* The mutator of targets that repair what they can. */
#include "fuzz.h"

/* One input in four keeps its broken digests: those are to be noticed, too. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, max);
    return seed % 4 == 0 ? size : fuzz_repair(data, size, max, seed / 4);
}
