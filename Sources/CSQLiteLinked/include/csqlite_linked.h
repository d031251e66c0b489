#ifndef CSQLITE_LINKED_H
#define CSQLITE_LINKED_H

// The routine table (`struct sqlite3_api_routines`) of the SQLite library that this process
// links, or NULL when SQLite could not open an empty database. Safe to call from any thread.
const void *csqlite_linked_routines(void);

#endif
