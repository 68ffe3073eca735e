// What trainings between two unpaired sets of pictures have in common: where the pictures are, and
// a model that starts from another.
//
// In names of parameters and terms the domains are a and b, whatever the user calls them; in code 0
// and 1.
#ifndef LIMN_METHODS_TWO_DOMAINS_H
#define LIMN_METHODS_TWO_DOMAINS_H

#include "model/loss_network.h"
#include "train/trainer.h"

enum { LIMN_DOMAIN_A, LIMN_DOMAIN_B, LIMN_TWO_DOMAINS };
enum { LIMN_JUDGES, LIMN_DRAWS, LIMN_TWO_UPDATES }; // updates: discriminators; all others

typedef struct limn_two_domains {
    const char *data_a, *data_b;
    limn_option_list names;
} limn_two_domains;

// Rows of an option table; MEMBER(domains.names) is the place of a member.
#define LIMN_TWO_DOMAINS_OPTIONS(MEMBER)                                                           \
    {.name = "data-a",                                                                             \
     .kind = LIMN_OPTION_PATH,                                                                     \
     MEMBER(domains.data_a),                                                                       \
     .placeholder = "FOLDER",                                                                      \
     .help = "in place of --data: the pictures of the first domain, at any depth"},                \
        {.name = "data-b",                                                                         \
         .kind = LIMN_OPTION_PATH,                                                                 \
         MEMBER(domains.data_b),                                                                   \
         .placeholder = "FOLDER",                                                                  \
         .help = "those of the second"},                                                           \
    {                                                                                              \
        .name = "domain", .kind = LIMN_OPTION_LIST, MEMBER(domains.names), .placeholder = "NAME",  \
        .help = "given twice: which two domains of --data are A and B, or how A and B are called"  \
    }

// The pictures of both domains become the trainer's set.
limn_status limn_two_domains_open(limn_trainer *trainer, const limn_two_domains *from);
// Holds out so many of each and begins to load; --batch-size counts the pictures of a domain.
limn_status limn_two_domains_load(limn_trainer *trainer, limn_loader_options how, int held_out,
                                  limn_held_out held[LIMN_TWO_DOMAINS]);
// The trainer's model, between domains called as in its set: limn_start_between.
limn_status limn_two_domains_start(limn_trainer *trainer, const char *init, const limn_kind *kind,
                                   const void *shape);
// The model's file says the method, and the loss network and what is looked at of it where there is
// one.
limn_status limn_two_domains_describe(limn_trainer *trainer, const limn_loss_network *loss,
                                      const char *layer);

#endif
