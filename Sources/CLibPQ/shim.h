// PostgreSQL's client library: https://www.postgresql.org/docs/current/libpq.html
#include <libpq-fe.h>
