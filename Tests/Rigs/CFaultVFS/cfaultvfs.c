#include "cfaultvfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

// MARK: State

enum fault_call {
    FAULT_OPEN, FAULT_READ, FAULT_WRITE, FAULT_SYNC, FAULT_TRUNCATE, FAULT_FILE_SIZE, FAULT_DELETE
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;  // Guards everything in `state`.
static struct {
    int isArmed;
    int isPersistent;
    int errorKind;
    int hasFired;
    long long failingCall;
    long long count;
    char substring[4096];
} state;

void stretch_fault_arm(
    long long call, int isPersistent, int errorKind, const char *pathSubstring) {
    pthread_mutex_lock(&mutex);
    memset(&state, 0, sizeof state);
    state.isArmed = 1;
    state.isPersistent = isPersistent;
    state.errorKind = errorKind;
    state.failingCall = call;
    if (pathSubstring) strncpy(state.substring, pathSubstring, sizeof state.substring - 1);
    pthread_mutex_unlock(&mutex);
}

void stretch_fault_disarm(void) {
    pthread_mutex_lock(&mutex);
    state.isArmed = 0;
    pthread_mutex_unlock(&mutex);
}

long long stretch_fault_count(void) {
    pthread_mutex_lock(&mutex);
    long long count = state.count;
    pthread_mutex_unlock(&mutex);
    return count;
}

int stretch_fault_fired(void) {
    pthread_mutex_lock(&mutex);
    int hasFired = state.hasFired;
    pthread_mutex_unlock(&mutex);
    return hasFired;
}

// Guarded by `mutex`, too.
static void (*checkpoint_callback)(const char *path, int hasReadHeader);
static _Thread_local int is_in_callback;

void stretch_fault_at_checkpoint(void (*callback)(const char *path, int hasReadHeader)) {
    pthread_mutex_lock(&mutex);
    checkpoint_callback = callback;
    pthread_mutex_unlock(&mutex);
}

static void run_checkpoint_callback(const char *path, int hasReadHeader) {
    pthread_mutex_lock(&mutex);
    void (*callback)(const char *, int) = checkpoint_callback;
    pthread_mutex_unlock(&mutex);
    if (!callback || is_in_callback || !path) return;
    is_in_callback = 1;
    callback(path, hasReadHeader);
    is_in_callback = 0;
}

static int error_code(enum fault_call call) {
    switch (call) {
    case FAULT_OPEN: return SQLITE_CANTOPEN;
    case FAULT_READ: return SQLITE_IOERR_READ;
    case FAULT_WRITE: return SQLITE_IOERR_WRITE;
    case FAULT_SYNC: return SQLITE_IOERR_FSYNC;
    case FAULT_TRUNCATE: return SQLITE_IOERR_TRUNCATE;
    case FAULT_FILE_SIZE: return SQLITE_IOERR_FSTAT;
    case FAULT_DELETE: return SQLITE_IOERR_DELETE;
    }
    return SQLITE_IOERR;
}

// Counts one call; returns SQLITE_OK or the error that the call must fail with, undone.
static int check(enum fault_call call, const char *path) {
    int code = SQLITE_OK;
    pthread_mutex_lock(&mutex);
    int isCounted = state.isArmed
        && (state.errorKind != STRETCH_FAULT_DISK_FULL || call == FAULT_WRITE)
        && (!state.substring[0] || (path && strstr(path, state.substring)));
    if (isCounted) {
        state.count++;
        int isFailing = state.failingCall > 0
            && (state.count == state.failingCall
                || (state.isPersistent && state.count > state.failingCall));
        if (isFailing) {
            state.hasFired = 1;
            code = state.errorKind == STRETCH_FAULT_DISK_FULL ? SQLITE_FULL : error_code(call);
        }
    }
    pthread_mutex_unlock(&mutex);
    return code;
}

// MARK: Files

typedef struct fault_file {
    sqlite3_file base;
    const char *path;    // Lent by SQLite until xClose; null for a temporary file.
    sqlite3_file *real;  // Follows in the same allocation.
} fault_file;

static sqlite3_file *real_file(sqlite3_file *file) { return ((fault_file *)file)->real; }

static const char *path_of(sqlite3_file *file) { return ((fault_file *)file)->path; }

static int fault_close(sqlite3_file *file) {
    sqlite3_file *real = real_file(file);
    return real->pMethods->xClose(real);
}

static int fault_read(sqlite3_file *file, void *buffer, int count, sqlite3_int64 offset) {
    int code = check(FAULT_READ, path_of(file));
    if (code != SQLITE_OK) return code;
    return real_file(file)->pMethods->xRead(real_file(file), buffer, count, offset);
}

static int fault_write(sqlite3_file *file, const void *buffer, int count, sqlite3_int64 offset) {
    int code = check(FAULT_WRITE, path_of(file));
    if (code != SQLITE_OK) return code;
    return real_file(file)->pMethods->xWrite(real_file(file), buffer, count, offset);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int code = check(FAULT_TRUNCATE, path_of(file));
    if (code != SQLITE_OK) return code;
    return real_file(file)->pMethods->xTruncate(real_file(file), size);
}

static int fault_sync(sqlite3_file *file, int flags) {
    int code = check(FAULT_SYNC, path_of(file));
    if (code != SQLITE_OK) return code;
    return real_file(file)->pMethods->xSync(real_file(file), flags);
}

static int fault_file_size(sqlite3_file *file, sqlite3_int64 *size) {
    int code = check(FAULT_FILE_SIZE, path_of(file));
    if (code != SQLITE_OK) return code;
    return real_file(file)->pMethods->xFileSize(real_file(file), size);
}

static int fault_lock(sqlite3_file *file, int level) {
    return real_file(file)->pMethods->xLock(real_file(file), level);
}

static int fault_unlock(sqlite3_file *file, int level) {
    return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

static int fault_check_reserved_lock(sqlite3_file *file, int *result) {
    return real_file(file)->pMethods->xCheckReservedLock(real_file(file), result);
}

static int fault_file_control(sqlite3_file *file, int operation, void *argument) {
    return real_file(file)->pMethods->xFileControl(real_file(file), operation, argument);
}

static int fault_sector_size(sqlite3_file *file) {
    return real_file(file)->pMethods->xSectorSize(real_file(file));
}

static int fault_device_characteristics(sqlite3_file *file) {
    return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

static int fault_shm_map(
    sqlite3_file *file, int region, int size, int isExtending, void volatile **address) {
    return real_file(file)->pMethods->xShmMap(
        real_file(file), region, size, isExtending, address);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    int code = real_file(file)->pMethods->xShmLock(real_file(file), offset, count, flags);
    // WAL_CKPT_LOCK: https://sqlite.org/walformat.html#the_wal_locks
    int isCheckpoint = offset == 1 && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
    if (code == SQLITE_OK && isCheckpoint) run_checkpoint_callback(path_of(file), 0);
    return code;
}

static void fault_shm_barrier(sqlite3_file *file) {
    real_file(file)->pMethods->xShmBarrier(real_file(file));
}

static int fault_shm_unmap(sqlite3_file *file, int isDeleting) {
    return real_file(file)->pMethods->xShmUnmap(real_file(file), isDeleting);
}

// A null address makes SQLite fall back to xRead: https://sqlite.org/mmap.html
static int fault_fetch(sqlite3_file *file, sqlite3_int64 offset, int count, void **address) {
    (void)file;
    (void)offset;
    (void)count;
    *address = 0;
    return SQLITE_OK;
}

static int fault_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *address) {
    (void)file;
    (void)offset;
    if (!address) run_checkpoint_callback(path_of(file), 1);
    return SQLITE_OK;
}

// The version is the highest that the real file can serve: 1 has no shared memory.
#define FAULT_METHODS(version) { \
    (version), fault_close, fault_read, fault_write, fault_truncate, fault_sync, \
    fault_file_size, fault_lock, fault_unlock, fault_check_reserved_lock, fault_file_control, \
    fault_sector_size, fault_device_characteristics, fault_shm_map, fault_shm_lock, \
    fault_shm_barrier, fault_shm_unmap, fault_fetch, fault_unfetch }

static const sqlite3_io_methods methods_without_wal = FAULT_METHODS(1);
static const sqlite3_io_methods methods = FAULT_METHODS(3);

// MARK: The VFS

static sqlite3_vfs *real_vfs(sqlite3_vfs *vfs) { return vfs->pAppData; }

static int fault_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *outputFlags) {
    fault_file *opened = (fault_file *)file;
    opened->base.pMethods = 0;  // Tells SQLite not to call xClose after a failure.
    opened->path = path;
    opened->real = (sqlite3_file *)(opened + 1);
    int code = check(FAULT_OPEN, path);
    if (code != SQLITE_OK) return code;
    code = real_vfs(vfs)->xOpen(real_vfs(vfs), path, opened->real, flags, outputFlags);
    // A failed open that leaves methods behind still wants xClose, so both are passed on.
    const sqlite3_io_methods *real = opened->real->pMethods;
    if (real) opened->base.pMethods = real->iVersion >= 2 ? &methods : &methods_without_wal;
    return code;
}

static int fault_delete(sqlite3_vfs *vfs, const char *path, int isSyncingFolder) {
    int code = check(FAULT_DELETE, path);
    if (code != SQLITE_OK) return code;
    return real_vfs(vfs)->xDelete(real_vfs(vfs), path, isSyncingFolder);
}

static int fault_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    return real_vfs(vfs)->xAccess(real_vfs(vfs), path, flags, result);
}

static int fault_full_pathname(sqlite3_vfs *vfs, const char *path, int count, char *result) {
    return real_vfs(vfs)->xFullPathname(real_vfs(vfs), path, count, result);
}

static void *fault_dl_open(sqlite3_vfs *vfs, const char *path) {
    return real_vfs(vfs)->xDlOpen(real_vfs(vfs), path);
}

static void fault_dl_error(sqlite3_vfs *vfs, int count, char *message) {
    real_vfs(vfs)->xDlError(real_vfs(vfs), count, message);
}

static void (*fault_dl_sym(sqlite3_vfs *vfs, void *library, const char *symbol))(void) {
    return real_vfs(vfs)->xDlSym(real_vfs(vfs), library, symbol);
}

static void fault_dl_close(sqlite3_vfs *vfs, void *library) {
    real_vfs(vfs)->xDlClose(real_vfs(vfs), library);
}

static int fault_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    return real_vfs(vfs)->xRandomness(real_vfs(vfs), count, bytes);
}

static int fault_sleep(sqlite3_vfs *vfs, int microseconds) {
    return real_vfs(vfs)->xSleep(real_vfs(vfs), microseconds);
}

static int fault_current_time(sqlite3_vfs *vfs, double *time) {
    return real_vfs(vfs)->xCurrentTime(real_vfs(vfs), time);
}

static int fault_get_last_error(sqlite3_vfs *vfs, int count, char *message) {
    return real_vfs(vfs)->xGetLastError(real_vfs(vfs), count, message);
}

static int fault_current_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    return real_vfs(vfs)->xCurrentTimeInt64(real_vfs(vfs), time);
}

// The system calls of version 3 belong to the default VFS: no test overrides them through here.
static sqlite3_vfs fault_vfs = {
    .zName = STRETCH_FAULT_VFS_NAME,
    .xOpen = fault_open,
    .xDelete = fault_delete,
    .xAccess = fault_access,
    .xFullPathname = fault_full_pathname,
    .xDlOpen = fault_dl_open,
    .xDlError = fault_dl_error,
    .xDlSym = fault_dl_sym,
    .xDlClose = fault_dl_close,
    .xRandomness = fault_randomness,
    .xSleep = fault_sleep,
    .xCurrentTime = fault_current_time,
    .xGetLastError = fault_get_last_error,
    .xCurrentTimeInt64 = fault_current_time_int64,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int registrationCode = SQLITE_ERROR;

static void register_once(void) {
    sqlite3_vfs *real = sqlite3_vfs_find(0);
    if (!real) return;
    fault_vfs.iVersion = real->iVersion >= 2 ? 2 : 1;
    fault_vfs.szOsFile = (int)sizeof(fault_file) + real->szOsFile;
    fault_vfs.mxPathname = real->mxPathname;
    fault_vfs.pAppData = real;
    registrationCode = sqlite3_vfs_register(&fault_vfs, 0);
}

int stretch_fault_vfs_register(void) {
    (void)pthread_once(&once, register_once);
    return registrationCode;
}
