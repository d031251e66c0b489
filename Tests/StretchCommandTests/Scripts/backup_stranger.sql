-- stretched, as a stranger
BACKUP DATABASE app TO DISK = '<folder>/b.db';
VACUUM INTO '<folder>/b.db';
RESTORE DATABASE app FROM DISK = '<folder>/b.db' WITH REPLACE;
RESTORE DATABASE other FROM DISK = '<folder>/b.db';
RESTORE VERIFYONLY FROM DISK = '<folder>/b.db';
RESTORE DATABASE other FROM DISK = '<folder>/b.db' WITH REPLACE;
