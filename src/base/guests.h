// Threads that work on the team's processors (threads.h) and are not of the team.
#ifndef LIMN_BASE_GUESTS_H
#define LIMN_BASE_GUESTS_H

// One begins and ends work: meanwhile those of the team that wait for one another leave it theirs.
void limn_threads_guest_comes(void);
void limn_threads_guest_goes(void);

#endif
