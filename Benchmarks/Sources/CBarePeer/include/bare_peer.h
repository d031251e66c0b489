// What a program does that uses libpq alone: the measure of Stretch's cold reads and writes.
#ifndef BARE_PEER_H
#define BARE_PEER_H

#include <stddef.h>
#include <stdint.h>

typedef struct bare_peer bare_peer;

// Connects, or ends the process with libpq's message.
bare_peer *bare_peer_open(const char *address, const char *login, const char *password);
void bare_peer_close(bare_peer *peer);

// Runs statements without rows.
void bare_peer_run(bare_peer *peer, const char *sql);

// Reads binary COPY data row by row; adds up the last field of each row where it has eight bytes
// of a double. Returns the number of rows.
int64_t bare_peer_copy_out(bare_peer *peer, const char *sql, double *sum);

// Saves the data of a COPY in a file, and sends it back from there.
void bare_peer_save(bare_peer *peer, const char *sql, const char *path);
void bare_peer_copy_in(bare_peer *peer, const char *sql, const char *path);

// Inserts the rows of a binary COPY of orders(id, customer, created, total, note) into a new SQLite
// file with one secondary index, in one transaction.
void bare_peer_copy_to_sqlite(bare_peer *peer, const char *sql, const char *path);

// Prepares a statement with one bigint, and runs it once for each key; reads each value's length.
// Returns the bytes of all values.
int64_t bare_peer_point_reads(
    bare_peer *peer, const char *sql, const int64_t *keys, size_t key_count);

// Runs a statement with one text parameter, with binary results; returns the bytes of all values.
int64_t bare_peer_query(bare_peer *peer, const char *sql, const char *parameter);

#endif
