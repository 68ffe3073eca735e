// What a file holds besides its colours.
#ifndef LIMN_IMAGE_METADATA_H
#define LIMN_IMAGE_METADATA_H

// Never changed once made, so that pictures can share it.
struct limn_metadata;

struct limn_metadata *limn_metadata_share(struct limn_metadata *metadata); // takes NULL
void limn_metadata_free(struct limn_metadata *metadata);                   // takes NULL

#endif
