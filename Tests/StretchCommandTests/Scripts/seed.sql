-- stretched
BACKUP DATABASE app TO DISK = N'<folder>/monday.db';
UPDATE orders SET total = 0;
EXEC sp_rda_deauthorize_db;
GO
-- 1. Restore the database from a backup.
RESTORE DATABASE app FROM DISK = N'<folder>/monday.db' WITH REPLACE;
GO
-- 2. Create a database master key.
CREATE MASTER KEY ENCRYPTION BY PASSWORD = 's3cret of the new key';
GO
-- 3. Create a database scoped credential.
CREATE DATABASE SCOPED CREDENTIAL again WITH IDENTITY = 'admin', SECRET = 's3cret of the remote';
GO
-- 4. Run the stored procedure, as the page has it.
Declare @credentialName nvarchar(128);
SET @credentialName = N’again’;
EXEC sp_rda_reauthorize_db @credentialName;
GO
SELECT count(*), sum(total) FROM orders;
SELECT is_migration_paused, is_reconciled FROM sys.remote_data_archive_tables;
