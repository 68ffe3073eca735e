// The looks that a use of a model is to give its pictures, between the files of limn_use.
#ifndef LIMN_APP_LOOKS_H
#define LIMN_APP_LOOKS_H

#include "app/use.h"
#include "model/runner.h"

// Which exemplar a picture gets where it is not all of them.
typedef enum limn_pair_by {
    LIMN_PAIR_NONE,
    LIMN_PAIR_NAME,
    LIMN_PAIR_RANDOM,
    LIMN_PAIR_SIMILAR,
} limn_pair_by;

typedef struct limn_look {
    limn_style *style;
    limn_picture *exemplar; // that it is read from; NULL: none
    const char *path;       // of the exemplar, of pairs: the style is read when it is needed
    bool broken;            // it could not be read, and was passed over
} limn_look;

// None where the model has one look. Several: the results of a picture lie in folders of these
// names.
typedef struct limn_looks {
    limn_look *items;
    const char **names;
    int count;
    limn_arena arena; // of the names
} limn_looks;

enum { LIMN_MOST_TIMES = 16, LIMN_MOST_TOOLS = 8 };

// A model that is open.
typedef struct limn_tool {
    char *path;
    limn_model *model; // from that path
    limn_runner *runner;
} limn_tool;

typedef struct limn_tools {
    limn_tool items[LIMN_MOST_TOOLS];
    int count;
    // By whether JPEG has left its marks on a picture, and how many times larger it is to become;
    // NULL: none was asked for yet.
    limn_tool *chosen[2][LIMN_MOST_TIMES + 1];
} limn_tools;

typedef struct limn_user {
    limn_call *call;
    const limn_use_options *given;
    limn_tools tools;
    limn_tool *tool; // at work, one of these
    int from, to;    // domains
    bool to_all;
    limn_looks looks;
    limn_sight sight;     // of the picture at work
    const char *sight_of; // its name
    int reads;            // of contents
    limn_batch *batch;
    bool enlarging; // to a size that was asked for
    char how[96];   // what was done for it, of the picture done last
} limn_user;

// The model that is named, or the best for the verb; and what runs it (tools.c).
limn_status limn_user_open_model(limn_user *by);
limn_status limn_user_open_runner(const limn_user *by, limn_tool *tool);
// Where no model is named, the best one for the picture comes to work.
limn_status limn_user_choose_tool(limn_user *by, const limn_job *job);
void limn_tools_free(limn_tools *tools);

// What can be refused before the model is read, and once it is; the latter finds the domains.
limn_status limn_user_check(const limn_user *by);
limn_status limn_user_check_model(limn_user *by);

limn_status limn_looks_find(limn_user *by);
// Towards the average look of the domain, or away from it, where --style-strength says so.
limn_status limn_user_weaken(limn_user *by, limn_style **style);
void limn_looks_free(limn_looks *looks);

// The look that --pair gives a picture, by position (pairs.c).
limn_status limn_pair_choose(limn_user *by, const char *input, const limn_picture *picture,
                             int *look);
// With --skip-broken, what cannot be read is told of and is no failure.
limn_status limn_user_pass_broken(const limn_user *by, limn_status status);
// The exemplar at its path, read and laid on white; and its style, as strong as it is wanted.
limn_status limn_look_open(const limn_user *by, const limn_look *look, limn_picture **exemplar);
limn_status limn_look_read(limn_user *by, const limn_picture *exemplar, limn_look *look);

// A picture is read, then shown in the looks, by position.
limn_status limn_user_look(limn_user *by, const char *input, limn_picture *picture);
limn_status limn_user_show(limn_user *by, int look, const limn_picture *picture,
                           limn_picture **result);

// Enlarging to a size that was asked for: by the network, again where once is not enough, then
// exactly.
limn_status limn_user_check_enlarging(limn_user *by);
void limn_user_enlarged(const limn_user *by, int *width, int *height); // the size it becomes
limn_status limn_user_enlarge(limn_user *by, const limn_picture *picture, limn_picture **result);

// Whether the results come on one sheet; and makes it.
bool limn_user_wants_sheet(const limn_user *by);
limn_status limn_user_sheet(limn_user *by);

#endif
