// The report of a run: index.html with curves and samples, in one file that opens from disk.
#ifndef LIMN_TRAIN_REPORT_H
#define LIMN_TRAIN_REPORT_H

#include "train/trainer.h"

// Writes FOLDER/index.html from FOLDER/log.jsonl and samples/, safely.
limn_status limn_report_write(const limn_trainer *trainer);

#endif
