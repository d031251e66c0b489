#include "csqlite_linked.h"

#include <pthread.h>
#include <sqlite3.h>

// SQLite hands its routine table only to extensions, automatic ones among them:
// https://sqlite.org/c3ref/auto_extension.html
static const void *routines;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int capture(sqlite3 *db, char **message, const struct sqlite3_api_routines *api) {
    (void)db;
    (void)message;
    routines = api;
    return SQLITE_OK;
}

static void load(void) {
    sqlite3 *db = 0;
    if (sqlite3_auto_extension((void (*)(void))capture) != SQLITE_OK) return;
    // The result does not matter: what counts is whether `capture` ran.
    (void)sqlite3_open(":memory:", &db);
    (void)sqlite3_cancel_auto_extension((void (*)(void))capture);
    (void)sqlite3_close(db);
}

const void *csqlite_linked_routines(void) {
    (void)pthread_once(&once, load);
    return routines;
}
