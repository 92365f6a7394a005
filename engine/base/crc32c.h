// SPDX-License-Identifier: GPL-2.0-only
/* CRC-32C (Castagnoli), as iSCSI and ext4 use it: initial value and final xor are all ones. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what was summed to `crc` before (0 for nothing) followed by these bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t n);

/* The checksum of A followed by B, from those of A and B and B's length in bytes. */
uint32_t crc32c_combine(uint32_t a, uint32_t b, uint64_t b_len);

#endif
