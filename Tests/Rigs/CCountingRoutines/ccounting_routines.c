#include "ccounting_routines.h"

#include <sqlite3ext.h>
#include <stdatomic.h>
#include <stddef.h>

static struct sqlite3_api_routines table;
static const struct sqlite3_api_routines *base;
static atomic_llong prepared;
static atomic_llong runs;
static atomic_llong instructions;

static void collect(sqlite3_stmt *statement) {
    if (statement == NULL) return;
    atomic_fetch_add(&runs, base->stmt_status(statement, SQLITE_STMTSTATUS_RUN, 1));
    atomic_fetch_add(&instructions, base->stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1));
}

static int prepare(
    sqlite3 *db, const char *sql, int size, unsigned int flags, sqlite3_stmt **statement,
    const char **tail) {
    atomic_fetch_add(&prepared, 1);
    return base->prepare_v3(db, sql, size, flags, statement, tail);
}

static int step(sqlite3_stmt *statement) {
    int result = base->step(statement);
    if (result != SQLITE_ROW) collect(statement);
    return result;
}

static int reset(sqlite3_stmt *statement) {
    collect(statement);
    return base->reset(statement);
}

static int finalize(sqlite3_stmt *statement) {
    collect(statement);
    return base->finalize(statement);
}

const void *counting_routines_install(const void *next) {
    base = next;
    table = *base;
    table.prepare_v3 = prepare;
    table.step = step;
    table.reset = reset;
    table.finalize = finalize;
    return &table;
}

counting_routines_counts counting_routines_read(void) {
    counting_routines_counts counts = {
        atomic_load(&prepared), atomic_load(&runs), atomic_load(&instructions)};
    return counts;
}
