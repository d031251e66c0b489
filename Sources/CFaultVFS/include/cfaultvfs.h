#ifndef CFAULTVFS_H
#define CFAULTVFS_H
#endif
