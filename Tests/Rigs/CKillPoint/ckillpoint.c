#define _GNU_SOURCE
#include "ckillpoint.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int isArmed;
static atomic_int countedKinds;
static atomic_long victim;
static atomic_long count;

void stretch_kill_arm(long call, int kinds) {
    atomic_store(&countedKinds, kinds);
    atomic_store(&victim, call);
    atomic_store(&count, 0);
    atomic_store(&isArmed, 1);
}

long stretch_kill_disarm(void) {
    atomic_store(&isArmed, 0);
    return atomic_load(&count);
}

#ifdef __linux__

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

static void pass(int kind) {
    if (!atomic_load(&isArmed)) return;
    if (atomic_load(&countedKinds) != STRETCH_KILL_ALL && kind == STRETCH_KILL_ALL) return;
    if (atomic_fetch_add(&count, 1) + 1 != atomic_load(&victim)) return;
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// Defines a function that counts and goes on to the one of the same name behind it.
#define FORWARD(kind, type, name, parameters, arguments)                             \
    type name parameters {                                                           \
        static type(*_Atomic next) parameters;                                       \
        if (!next) next = (type(*) parameters)dlsym(RTLD_NEXT, #name);               \
        pass(kind);                                                                  \
        return next arguments;                                                       \
    }

FORWARD(STRETCH_KILL_ALL, ssize_t, pwrite,
    (int file, const void *bytes, size_t size, off_t offset), (file, bytes, size, offset))
FORWARD(STRETCH_KILL_ALL, ssize_t, pwrite64,
    (int file, const void *bytes, size_t size, off64_t offset), (file, bytes, size, offset))
FORWARD(STRETCH_KILL_ALL, int, ftruncate, (int file, off_t size), (file, size))
FORWARD(STRETCH_KILL_ALL, int, ftruncate64, (int file, off64_t size), (file, size))
FORWARD(STRETCH_KILL_ALL, int, fsync, (int file), (file))
FORWARD(STRETCH_KILL_ALL, int, fdatasync, (int file), (file))
FORWARD(STRETCH_KILL_ALL, int, rename, (const char *from, const char *to), (from, to))
FORWARD(STRETCH_KILL_ALL, int, link, (const char *from, const char *to), (from, to))
FORWARD(STRETCH_KILL_ALL, int, unlink, (const char *path), (path))
FORWARD(STRETCH_KILL_ALL, int, mkdir, (const char *path, mode_t mode), (path, mode))
FORWARD(STRETCH_KILL_SEND, ssize_t, send,
    (int file, const void *bytes, size_t size, int flags), (file, bytes, size, flags))

ssize_t write(int file, const void *bytes, size_t size) {
    static ssize_t (*_Atomic next)(int, const void *, size_t);
    if (!next) next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (file > 2) pass(STRETCH_KILL_ALL);
    return next(file, bytes, size);
}

#endif
