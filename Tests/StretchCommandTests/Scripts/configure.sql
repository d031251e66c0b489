-- stretched
EXEC sp_configure 'remote data archive';
EXEC sp_configure 'remote data archive', '0';
EXEC sp_configure 'remote data archive';
RECONFIGURE;
EXEC sp_configure 'remote data archive';
CREATE TABLE more(id INTEGER PRIMARY KEY);
ALTER TABLE more SET (REMOTE_DATA_ARCHIVE = ON (MIGRATION_STATE = OUTBOUND));
SELECT count(*) FROM orders;
EXEC sp_configure 'remote data archive', 2;
EXEC sp_configure 'fill factor', 1;
EXEC sp_configure 'remote data archive', 1;
RECONFIGURE;
ALTER TABLE more SET (REMOTE_DATA_ARCHIVE = ON (MIGRATION_STATE = OUTBOUND));
