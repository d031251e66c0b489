#ifndef CCOUNTING_ROUTINES_H
#define CCOUNTING_ROUTINES_H

// A routine table that counts what any connection of the process asks of SQLite, and passes
// every call on. SQLite's own count of a statement is taken when the statement ends, is reset or
// finalized: https://sqlite.org/c3ref/c_stmtstatus_counter.html

typedef struct {
    // Statements that were prepared.
    long long prepared;
    // Statements that began to run.
    long long runs;
    // Instructions of SQLite's virtual machine.
    long long instructions;
} counting_routines_counts;

// The counting table in front of another one: `struct sqlite3_api_routines`. Call it once.
const void *counting_routines_install(const void *base);

// What was counted since the start.
counting_routines_counts counting_routines_read(void);

#endif
