// Time for durations.
#ifndef LIMN_BASE_CLOCK_H
#define LIMN_BASE_CLOCK_H

double limn_now(void); // seconds since some moment, never going back

#endif
