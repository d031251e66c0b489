-- plain
-- Keys and credentials come before the database is enabled.
CREATE DATABASE SCOPED CREDENTIAL cold WITH IDENTITY = 'admin', SECRET = 's3cret of the remote';
ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE = ON (MIGRATION_STATE = OUTBOUND));
CREATE MASTER KEY ENCRYPTION BY PASSWORD = 's3cret of the key';
ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = ON (SERVER = 'file:cold.db', CREDENTIAL = cold);
CREATE DATABASE SCOPED CREDENTIAL cold WITH IDENTITY = 'admin', SECRET = 's3cret of the remote';
ALTER DATABASE other SET REMOTE_DATA_ARCHIVE = ON (SERVER = 'file:cold.db', CREDENTIAL = cold);
ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = ON (SERVER = 'a.database.windows.net', CREDENTIAL = cold);
ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = OFF;
SELECT name, is_remote_data_archive_enabled FROM sys.databases;
ALTER DATABASE CURRENT SET REMOTE_DATA_ARCHIVE = ON (SERVER = 'cold.db', CREDENTIAL = cold);
ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = ON (SERVER = 'file:cold.db', CREDENTIAL = cold);
SELECT name, is_remote_data_archive_enabled, is_master_key_encrypted_by_server FROM sys.databases;
SELECT name, location, type, credential_id FROM sys.external_data_sources;
SELECT remote_database_name FROM sys.remote_data_archive_databases;
ALTER TABLE missing SET (REMOTE_DATA_ARCHIVE = ON (MIGRATION_STATE = OUTBOUND));
ALTER TABLE recent SET (REMOTE_DATA_ARCHIVE = ON (MIGRATION_STATE = OUTBOUND));
ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE = ON (FILTER_PREDICATE = 'nothing < 1', MIGRATION_STATE = OUTBOUND));
ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE = ON (FILTER_PREDICATE = 'year <= 2004', MIGRATION_STATE = PAUSED));
ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE = ON (MIGRATION_STATE = OUTBOUND));
SELECT filter_predicate, migration_direction_desc, is_migration_paused, is_reconciled FROM sys.remote_data_archive_tables;
ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = OFF;
ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE = OFF);
ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE = OFF_WITHOUT_DATA_RECOVERY (MIGRATION_STATE = PAUSED));
ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = OFF;
SELECT name, is_remote_data_archive_enabled FROM sys.tables;
