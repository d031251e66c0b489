#ifndef CTESTPROCESS_H
#define CTESTPROCESS_H

// SQLite counts its memory under a mutex of the process, for which the threads of the tests wait
// at each allocation. This library switches the count off when it is loaded, before SQLite starts:
// https://sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus

#endif
