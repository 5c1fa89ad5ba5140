/* A disk that is full from one write to another: LD_PRELOAD it with DISK_PLACE naming the folder that is meant,
   DISK_FULL "FROM TO" (the first write that fails and the first that does not, counted from 0 over all processes),
   DISK_COUNT a file of eight bytes that counts, DISK_LOG a file that each write adds its line to: number, call, path.
   A write is what takes room: writing, extending, and making a file, folder or link. The git processes that are
   started take part; what runs in a sandbox does not. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

extern char **environ;
static long *counter;
static long from = LONG_MAX, until = LONG_MAX;
static char place[PATH_MAX];
static size_t length;
static int record = -1;

__attribute__((constructor)) static void begin(void) {
    const char *full = getenv("DISK_FULL"), *count = getenv("DISK_COUNT"), *log = getenv("DISK_LOG");
    if (!full || !count || !log || !getenv("DISK_PLACE")) return;
    sscanf(full, "%ld %ld", &from, &until);
    length = strlen(strncpy(place, getenv("DISK_PLACE"), sizeof place - 1));
    int file = syscall(SYS_openat, AT_FDCWD, count, O_RDWR | O_CLOEXEC, 0);
    counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (counter == MAP_FAILED) counter = NULL;
    syscall(SYS_close, file);
    record = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
}

static int full(const char *call, const char *path) {
    char line[PATH_MAX + 64];
    if (!counter || strncmp(path, place, length)) return 0;
    long number = __atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
    int fails = number >= from && number < until;
    int size = snprintf(line, sizeof line, "%ld %s%s %s\n", number, fails ? "!" : "", call, path + length);
    syscall(SYS_write, record, line, size);
    if (fails) errno = ENOSPC;
    return fails;
}

static int full_there(const char *call, int folder, const char *name) {
    char link[64], path[PATH_MAX * 2] = {0};
    if (!counter || !name) return 0;
    if (name[0] == '/') return full(call, name);
    if (folder == AT_FDCWD) {
        if (!getcwd(path, PATH_MAX)) return 0;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        if (syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1) < 0) return 0;
    }
    strncat(strcat(path, "/"), name, PATH_MAX - 1);
    return full(call, path);
}

static int full_file(const char *call, int file) {
    char link[64], path[PATH_MAX] = {0};
    struct stat about;
    if (!counter || file <= 2 || fstat(file, &about) || !S_ISREG(about.st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1) < 0) return 0;
    return full(call, path);
}

ssize_t write(int file, const void *bytes, size_t size) {
    return full_file("write", file) ? -1 : syscall(SYS_write, file, bytes, size);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
    return full_file("write", file) ? -1 : syscall(SYS_writev, file, parts, count);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) {
    return full_file("write", file) ? -1 : syscall(SYS_pwrite64, file, bytes, size, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at) { return pwrite(file, bytes, size, at); }
int fallocate(int file, int mode, off_t at, off_t size) {
    return full_file("extend", file) ? -1 : syscall(SYS_fallocate, file, mode, at, size);
}
int fallocate64(int file, int mode, off64_t at, off64_t size) { return fallocate(file, mode, at, size); }
int posix_fallocate(int file, off_t at, off_t size) { return fallocate(file, 0, at, size) ? errno : 0; }
int posix_fallocate64(int file, off64_t at, off64_t size) { return posix_fallocate(file, at, size); }

/* What is forced to the disk is listed as well, without a number. */
static int forced(int file, long call) {
    char link[64], path[PATH_MAX] = {0}, line[PATH_MAX + 64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (counter && syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1) >= 0 && !strncmp(path, place, length))
        syscall(SYS_write, record, line, snprintf(line, sizeof line, "- forced %s\n", path + length));
    return syscall(call, file);
}
int fsync(int file) { return forced(file, SYS_fsync); }
int fdatasync(int file) { return forced(file, SYS_fdatasync); }

static int opened(int folder, const char *name, int flags, mode_t mode) {
    int makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
    int saved = errno;
    if (makes && ((flags & O_TMPFILE) == O_TMPFILE || syscall(SYS_faccessat, folder, name, F_OK))) {
        errno = saved;
        if (full_there("make", folder, name)) return -1;
    }
    errno = saved;
    return syscall(SYS_openat, folder, name, flags, mode);
}
/* The mode may be absent; reading it then gives a number that the kernel does not look at. */
#define MODE(last) va_list rest; va_start(rest, last); mode_t mode = va_arg(rest, mode_t); va_end(rest)
int open(const char *name, int flags, ...) { MODE(flags); return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags); return opened(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE(flags); return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE(flags); return opened(folder, name, flags, mode); }
int mkdir(const char *name, mode_t mode) {
    return full_there("mkdir", AT_FDCWD, name) ? -1 : syscall(SYS_mkdirat, AT_FDCWD, name, mode);
}
int mkdirat(int folder, const char *name, mode_t mode) {
    return full_there("mkdir", folder, name) ? -1 : syscall(SYS_mkdirat, folder, name, mode);
}
int link(const char *old, const char *name) {
    return full_there("link", AT_FDCWD, name) ? -1 : syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, name, 0);
}
int linkat(int from_folder, const char *old, int folder, const char *name, int flags) {
    return full_there("link", folder, name) ? -1 : syscall(SYS_linkat, from_folder, old, folder, name, flags);
}
int symlink(const char *old, const char *name) {
    return full_there("link", AT_FDCWD, name) ? -1 : syscall(SYS_symlinkat, old, AT_FDCWD, name);
}

/* git gets an environment without us: put ourselves back. Nothing here allocates, since it runs after a vfork. */
int execve(const char *program, char *const words[], char *const surroundings[]) {
    const char *names[] = {"LD_PRELOAD=", "DISK_PLACE=", "DISK_FULL=", "DISK_COUNT=", "DISK_LOG="};
    const char *last = strrchr(program, '/');
    char *more[512];
    int count = 0;
    if (!counter || strcmp(last ? last + 1 : program, "git")) return syscall(SYS_execve, program, words, surroundings);
    while (surroundings[count] && count < 500) more[count] = surroundings[count], count++;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        for (char **mine = environ; *mine; mine++)
            if (!strncmp(*mine, names[i], strlen(names[i]))) more[count++] = *mine;
    more[count] = NULL;
    return syscall(SYS_execve, program, words, more);
}
