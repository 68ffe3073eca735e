// limn/train.h: a training that another program asks for.
#include "train/request.h"

#include <string.h>

const char *limn_method_name(int index) {
    int count = 0;
    while (limn_methods[count]) count++;
    return index >= 0 && index < count ? limn_methods[index]->name : NULL;
}

static const char *name_at(const void *context, int position) {
    (void)context;
    return limn_method_name(position);
}

static limn_status refuse(const char *name) {
    const char *near = name ? limn_text_nearest(name, name_at, NULL) : NULL, *known;
    limn_text list = {0};
    for (int i = 0; (known = limn_method_name(i)); i++)
        limn_text_print(&list, i ? ", %s" : "%s", known);
    const char *names = list.data ? list.data : "none";
    if (!name)
        limn_fail(LIMN_USAGE,
                  "What to train is missing: a method (there are %s), or --resume with the folder "
                  "of a run.",
                  names);
    else if (near)
        limn_fail(LIMN_USAGE, "%s: there is no such method of training. Did you mean %s?", name,
                  near);
    else
        limn_fail(LIMN_USAGE, "%s: there is no such method of training. There are %s.", name,
                  names);
    limn_text_free(&list);
    return LIMN_USAGE;
}

limn_status limn_train(const char *name, const limn_setting *settings,
                       const limn_train_options *given) {
    const limn_method *method = limn_method_find(name);
    limn_train_options options;
    limn_option_group groups[LIMN_TRAINING_GROUPS];
    limn_training values;
    limn_parsed parsed;
    LIMN_TRY(limn_take_options(given, &options, sizeof options));
    if (name && !method) return refuse(name);
    memset(&values, 0, sizeof values);
    limn_training_groups(method, 0, groups);
    const limn_train_hooks hooks = {.context = options.context,
                                    .asked = options.asked,
                                    .progress = options.progress,
                                    .say = options.say};
    limn_status status = limn_options_pairs(groups, settings, &values, &parsed);
    if (status == LIMN_OK && !method && !values.resume) status = refuse(NULL);
    if (status == LIMN_OK) status = limn_training_run(method, &values, &parsed, &hooks);
    limn_parsed_free(&parsed);
    return status;
}
