-- plain
BACKUP DATABASE app TO DISK = '<folder>/b.db';
RESTORE HEADERONLY FROM DISK = '<folder>/app.db';
VACUUM INTO '<folder>/copy.db';
RESTORE VERIFYONLY FROM DISK = '<folder>/copy.db';
DELETE FROM orders;
RESTORE DATABASE app FROM DISK = '<folder>/copy.db';
RESTORE DATABASE app FROM DISK = '<folder>/copy.db' WITH REPLACE, STATS = 50;
SELECT count(*) FROM orders;
