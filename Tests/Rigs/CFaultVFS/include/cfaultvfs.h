#ifndef CFAULTVFS_H
#define CFAULTVFS_H

// "stretch-fault": a VFS that forwards every call to the default VFS, counts calls, and fails
// the chosen one. See https://sqlite.org/vfs.html and https://sqlite.org/c3ref/io_methods.html.
//
// Counted: xOpen, xRead, xWrite, xSync, xTruncate, xFileSize and xDelete. Not counted: locks,
// shared memory, file control, xClose, xAccess. xFetch maps nothing, so that each read is counted.
// The state is global to the process and guarded by one mutex.

#define STRETCH_FAULT_VFS_NAME "stretch-fault"

// Fails with the code that fits the call: SQLITE_CANTOPEN, SQLITE_IOERR_READ, SQLITE_IOERR_WRITE,
// SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_FSTAT or SQLITE_IOERR_DELETE.
#define STRETCH_FAULT_IO_ERROR 0
// Counts and fails xWrite alone, with SQLITE_FULL.
#define STRETCH_FAULT_DISK_FULL 1

// Registers the VFS, not as the default. Only the first call does something; any thread may call.
// Returns SQLITE_OK or what sqlite3_vfs_register() reported.
int stretch_fault_vfs_register(void);

// Starts to count from 0 and arms a fault at the counted call number `call`, from 1; with
// `call` < 1 calls are counted and none fails. `isPersistent`: every counted call from there on
// fails too. `pathSubstring`: only files whose path holds it are counted; null or "" counts all,
// temporary files without a name among them. It is copied; at most 4095 bytes count.
void stretch_fault_arm(
    long long call, int isPersistent, int errorKind, const char *pathSubstring);

// Stops counting and failing. The results below stay until the next arming.
void stretch_fault_disarm(void);

// The calls counted since the last arming, failed ones included.
long long stretch_fault_count(void);

// Whether a fault was injected since the last arming: 1 or 0.
int stretch_fault_fired(void);

// Calls `callback` with the database's path when a checkpoint has its lock, and when it has read a
// header of the write-ahead log that has changed, and before it uses what it read; not while the
// thread is in such a call. Null ends that. SQLite lets go of its memory map after the header:
// sqlite3WalCheckpoint() calls xUnfetch().
void stretch_fault_at_checkpoint(void (*callback)(const char *path, int hasReadHeader));

#endif
