#include "ctestprocess.h"

#include <sqlite3.h>

__attribute__((constructor)) static void switch_memory_count_off(void) {
    // Refused only if SQLite has been started, and then the count stays.
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
