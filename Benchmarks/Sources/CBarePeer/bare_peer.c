#include "bare_peer.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

struct bare_peer {
    PGconn *connection;
    char statement[1024];
};

static void fail(PGconn *connection, const char *what) {
    fprintf(stderr, "%s: %s", what, PQerrorMessage(connection));
    exit(1);
}

bare_peer *bare_peer_open(const char *address, const char *login, const char *password) {
    bare_peer *peer = calloc(1, sizeof *peer);
    const char *keywords[] = {"dbname", "user", "password", NULL};
    const char *values[] = {address, login, password, NULL};
    peer->connection = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(peer->connection) != CONNECTION_OK) fail(peer->connection, "connect");
    return peer;
}

void bare_peer_close(bare_peer *peer) {
    PQfinish(peer->connection);
    free(peer);
}

static void expect(bare_peer *peer, PGresult *result, ExecStatusType status, const char *sql) {
    if (PQresultStatus(result) != status) fail(peer->connection, sql);
    PQclear(result);
}

void bare_peer_run(bare_peer *peer, const char *sql) {
    PGresult *result = PQexec(peer->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(peer->connection, sql);
    PQclear(result);
}

static uint32_t big32(const char *bytes) {
    uint32_t value;
    memcpy(&value, bytes, 4);
    return __builtin_bswap32(value);
}

int64_t bare_peer_copy_out(bare_peer *peer, const char *sql, double *sum) {
    expect(peer, PQexec(peer->connection, sql), PGRES_COPY_OUT, sql);
    int64_t rows = 0;
    double total = 0;
    char *row;
    int count;
    while ((count = PQgetCopyData(peer->connection, &row, 0)) > 0) {
        char *at = row, *end = row + count;
        if (rows == 0 && count >= 19 && row[0] == 'P') at += 19 + big32(row + 15);
        if (end - at > 2) {
            int fields = (uint8_t)at[0] << 8 | (uint8_t)at[1];
            at += 2;
            for (int field = 0; field < fields; field++) {
                int32_t length = (int32_t)big32(at);
                at += 4;
                if (field == fields - 1 && length == 8) {
                    uint64_t bits;
                    memcpy(&bits, at, 8);
                    bits = __builtin_bswap64(bits);
                    double value;
                    memcpy(&value, &bits, 8);
                    total += value;
                }
                if (length > 0) at += length;
            }
            rows++;
        }
        PQfreemem(row);
    }
    if (count == -2) fail(peer->connection, sql);
    expect(peer, PQgetResult(peer->connection), PGRES_COMMAND_OK, sql);
    while (PQgetResult(peer->connection)) {
    }
    if (sum) *sum = total;
    return rows;
}

void bare_peer_save(bare_peer *peer, const char *sql, const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    expect(peer, PQexec(peer->connection, sql), PGRES_COPY_OUT, sql);
    char *row;
    int count;
    while ((count = PQgetCopyData(peer->connection, &row, 0)) > 0) {
        fwrite(row, 1, (size_t)count, file);
        PQfreemem(row);
    }
    if (count == -2) fail(peer->connection, sql);
    expect(peer, PQgetResult(peer->connection), PGRES_COMMAND_OK, sql);
    while (PQgetResult(peer->connection)) {
    }
    fclose(file);
}

void bare_peer_copy_in(bare_peer *peer, const char *sql, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    expect(peer, PQexec(peer->connection, sql), PGRES_COPY_IN, sql);
    char *buffer = malloc(1 << 17);
    size_t count;
    while ((count = fread(buffer, 1, 1 << 17, file)) > 0) {
        if (PQputCopyData(peer->connection, buffer, (int)count) != 1) fail(peer->connection, sql);
    }
    if (PQputCopyEnd(peer->connection, NULL) != 1) fail(peer->connection, sql);
    expect(peer, PQgetResult(peer->connection), PGRES_COMMAND_OK, sql);
    while (PQgetResult(peer->connection)) {
    }
    free(buffer);
    fclose(file);
}

static void run_sqlite(sqlite3 *database, const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK) return;
    fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
    exit(1);
}

static int64_t big64(const char *bytes) {
    uint64_t value;
    memcpy(&value, bytes, 8);
    return (int64_t)__builtin_bswap64(value);
}

static void bind_field(sqlite3_stmt *insert, int column, const char *bytes, int32_t length) {
    int64_t bits = length == 8 ? big64(bytes) : 0;
    double real;
    memcpy(&real, &bits, 8);
    switch (column) {
    case 0:
    case 1:
        sqlite3_bind_int64(insert, column + 1, bits);
        break;
    case 3:
        sqlite3_bind_double(insert, column + 1, real);
        break;
    default:
        sqlite3_bind_text(insert, column + 1, bytes, length, SQLITE_STATIC);
    }
}

void bare_peer_copy_to_sqlite(bare_peer *peer, const char *sql, const char *path) {
    sqlite3 *database;
    sqlite3_stmt *insert;
    if (sqlite3_open(path, &database) != SQLITE_OK) exit(1);
    run_sqlite(
        database,
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER, created TEXT, total REAL, "
        "note TEXT); CREATE INDEX orders_customer ON orders(customer); "
        "PRAGMA cache_size = -65536; BEGIN");
    sqlite3_prepare_v2(
        database, "INSERT INTO orders VALUES(?, ?, ?, ?, ?)", -1, &insert, NULL);
    expect(peer, PQexec(peer->connection, sql), PGRES_COPY_OUT, sql);
    char *row;
    int count;
    int is_first = 1;
    while ((count = PQgetCopyData(peer->connection, &row, 0)) > 0) {
        char *at = row + (is_first ? 19 + big32(row + 15) : 0), *end = row + count;
        is_first = 0;
        if (end - at > 2) {
            at += 2;
            for (int column = 0; column < 5; column++) {
                int32_t length = (int32_t)big32(at);
                at += 4;
                if (length < 0) {
                    sqlite3_bind_null(insert, column + 1);
                } else {
                    bind_field(insert, column, at, length);
                    at += length;
                }
            }
            if (sqlite3_step(insert) != SQLITE_DONE) exit(1);
            sqlite3_reset(insert);
        }
        PQfreemem(row);
    }
    if (count == -2) fail(peer->connection, sql);
    expect(peer, PQgetResult(peer->connection), PGRES_COMMAND_OK, sql);
    while (PQgetResult(peer->connection)) {
    }
    sqlite3_finalize(insert);
    run_sqlite(database, "COMMIT");
    sqlite3_close(database);
}

static int64_t value_bytes(PGresult *result) {
    int64_t bytes = 0;
    for (int row = 0; row < PQntuples(result); row++)
        for (int column = 0; column < PQnfields(result); column++)
            bytes += PQgetlength(result, row, column);
    return bytes;
}

int64_t bare_peer_point_reads(
    bare_peer *peer, const char *sql, const int64_t *keys, size_t key_count) {
    if (strcmp(peer->statement, sql) != 0) {
        bare_peer_run(peer, "DEALLOCATE ALL");
        expect(peer, PQprepare(peer->connection, "point", sql, 1, NULL), PGRES_COMMAND_OK, sql);
        snprintf(peer->statement, sizeof peer->statement, "%s", sql);
    }
    int64_t bytes = 0;
    for (size_t index = 0; index < key_count; index++) {
        uint64_t key = __builtin_bswap64((uint64_t)keys[index]);
        const char *value = (const char *)&key;
        int length = 8, format = 1;
        PGresult *result =
            PQexecPrepared(peer->connection, "point", 1, &value, &length, &format, 1);
        if (PQresultStatus(result) != PGRES_TUPLES_OK) fail(peer->connection, sql);
        bytes += value_bytes(result);
        PQclear(result);
    }
    return bytes;
}

int64_t bare_peer_query(bare_peer *peer, const char *sql, const char *parameter) {
    const char *values[] = {parameter};
    PGresult *result = PQexecParams(
        peer->connection, sql, parameter ? 1 : 0, NULL, values, NULL, NULL, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) fail(peer->connection, sql);
    int64_t bytes = value_bytes(result);
    PQclear(result);
    return bytes;
}
