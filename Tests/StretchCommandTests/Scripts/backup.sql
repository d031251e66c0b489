-- stretched
BACKUP DATABASE app TO DISK = '<folder>/monday.db';
BACKUP DATABASE app TO DISK = '<folder>/monday.db';
BACKUP DATABASE app TO DISK = '<folder>/monday.db' WITH INIT, COPY_ONLY, STATS = 10;
BACKUP DATABASE other TO DISK = '<folder>/other.db';
BACKUP DATABASE app TO DISK = '<folder>/app.db' WITH INIT;
BACKUP DATABASE app TO DISK = '<folder>/cold.db' WITH INIT;
BACKUP DATABASE app TO DISK = '<folder>/no such folder/monday.db';
BACKUP DATABASE app TO DISK = '<folder>/b.db' WITH COMPRESSION;
BACKUP DATABASE app TO DISK = '<folder>/b.db' WITH DIFFERENTIAL;
BACKUP LOG app TO DISK = '<folder>/b.db';
BEGIN;
BACKUP DATABASE app TO DISK = '<folder>/b.db';
ROLLBACK;
EXEC sp_rda_deauthorize_db;
DECLARE @file nvarchar(260) = N'<folder>/tuesday.db';
BACKUP DATABASE app TO DISK = @file;
GO
RESTORE HEADERONLY FROM DISK = '<folder>/monday.db';
RESTORE HEADERONLY FROM DISK = '<folder>/no such file.db';
RESTORE HEADERONLY FROM DISK = '<folder>';
RESTORE FILELISTONLY FROM DISK = '<folder>/monday.db' WITH FILE = 1;
RESTORE FILELISTONLY FROM DISK = '<folder>/monday.db' WITH FILE = 2;
RESTORE VERIFYONLY FROM DISK = '<folder>/monday.db' WITH STATS;
RESTORE VERIFYONLY FROM DISK = '<folder>/monday.db' WITH CHECKSUM;
RESTORE VERIFYONLY FROM DISK = '<folder>/keystore/service.key';
RESTORE LABELONLY FROM DISK = '<folder>/monday.db';
