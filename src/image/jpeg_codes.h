// Whether what a JPEG's codes say fits into its scans: damage that libjpeg does not notice, since
// other bytes are codes, too.
#ifndef LIMN_IMAGE_JPEG_CODES_H
#define LIMN_IMAGE_JPEG_CODES_H

#include <stdbool.h>
#include <stddef.h>

// Follows the Huffman codes of a file up to its end mark: false where a scan ends before its last
// block, goes on behind it, or has bits that are no code. Scans that make others finer are passed
// over, and so are files that are coded in another way: true. Bytes may be anything.
bool limn_jpeg_codes_fit(const unsigned char *bytes, size_t size);

#endif
