#ifndef CKILLPOINT_H
#define CKILLPOINT_H

// Ends the process by SIGKILL just before the n-th call that changes a file or tells a server
// something, so that a test can stop a program between any two effects that others can see.
//
// Counted: write and pwrite (not to the standard files), fsync, fdatasync, ftruncate, rename, link,
// unlink, mkdir and send, of all threads, whichever library makes them: the program defines these
// functions itself, and the dynamic linker gives its own to all. Only on Linux; elsewhere nothing
// is counted, and nobody killed.

// What is counted.
#define STRETCH_KILL_ALL 0
// Only send.
#define STRETCH_KILL_SEND 1

// Starts to count from 0; the call with the number `call`, from 1, is never made. With `call` < 1
// calls are only counted.
void stretch_kill_arm(long call, int kinds);

// Stops counting, and returns the count.
long stretch_kill_disarm(void);

#endif
