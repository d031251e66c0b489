-- stretched
EXEC sp_rda_reauthorize_db N'cold';
EXEC sp_rda_deauthorize_db;
EXEC sp_rda_deauthorize_db;
SELECT count(*) FROM orders;
SELECT count(*) FROM main.orders;
EXEC sp_rda_test_connection;
EXEC sp_rda_set_query_mode 'LOCAL_ONLY';
SELECT count(*) FROM orders;
EXEC sp_rda_set_query_mode 'LOCAL_AND_REMOTE';
EXEC sp_rda_set_query_mode 'EVERYTHING';
GO
DECLARE @c varchar(max) = 'cold';
EXEC sp_rda_reauthorize_db @c;
GO
DECLARE @c sysname = 'missing';
EXEC sp_rda_reauthorize_db @c;
GO
CREATE DATABASE SCOPED CREDENTIAL bad WITH IDENTITY = 'admin', SECRET = 's3cret that is wrong';
EXEC sp_rda_reauthorize_db N'bad';
EXEC sp_rda_reauthorize_db N'cold', 1, N'file:other.db';
EXEC sp_rda_reauthorize_db N'cold', 1, N'file:cold.db', N'more';
GO
DECLARE @c varchar(128) = 'cold';
DECLARE @rc int;
EXEC @rc = sp_rda_reauthorize_db @credential = @c, @with_copy = 1;
PRINT @rc;
SELECT count(*) FROM orders;
