// The types of SQLite's routine table, and the calls that Swift cannot make itself.
//
// Nothing here refers to a symbol of the SQLite library: every call goes through the table that
// the running host hands over (https://sqlite.org/loadext.html), so that the same engine runs
// linked and as a loadable extension.
#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3ext.h>
#include <stdint.h>
#include <string.h>

typedef struct sqlite3_api_routines csqlite_routines;

// Variadic functions: Swift does not import them.

static inline int csqlite_db_config(
    const csqlite_routines *api, sqlite3 *db, int operation, int value, int *result) {
    return api->db_config(db, operation, value, result);
}

static inline int csqlite_vtab_config(
    const csqlite_routines *api, sqlite3 *db, int operation, int value) {
    return api->vtab_config(db, operation, value);
}

// A copy that SQLite may free: https://sqlite.org/vtab.html#zErrMsg
static inline char *csqlite_copy_string(const csqlite_routines *api, const char *text) {
    return api->mprintf("%s", text);
}

// Macros with casts: Swift does not import them. https://sqlite.org/c3ref/c_static.html
static inline void (*csqlite_transient(void))(void *) {
    return (void (*)(void *))(intptr_t)-1;
}

// `memcmp`, so that no platform module is imported for one function.
static inline int csqlite_compare(const void *left, const void *right, size_t count) {
    return memcmp(left, right, count);
}

#endif
