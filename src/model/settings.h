// Options from JSON: of a run's config.json, of a model's limn.options.
#ifndef LIMN_MODEL_SETTINGS_H
#define LIMN_MODEL_SETTINGS_H

#include "base/options.h"

#include <jansson.h>

// Sets the option of this name, where there is one, to a JSON value; null leaves it as it is.
// LIMN_INPUT and a sentence for what is no value, LIMN_USAGE for one that is out of range.
limn_status limn_setting_read(const limn_option_group *groups, const char *name,
                              const json_t *value, void *values, limn_parsed *parsed);

#endif
