#include "cfaultvfs.h"
