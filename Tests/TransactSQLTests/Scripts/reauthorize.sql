EXEC sp_rda_reauthorize_db N'cred';
EXEC sys.sp_rda_reauthorize_db @credential = N'cred', @with_copy = 0;
EXECUTE sp_rda_reauthorize_db @with_copy = 1, @credential = 'cred', @azure_servername = N'postgresql://db.example/app', @azure_databasename = N'copy';
EXEC sp_rda_reauthorize_db N'cred', DEFAULT, N'server', N'database';
EXEC sp_rda_reauthorize_db N'cred', NULL;
EXEC sp_rda_reauthorize_db cred, 'false';
GO
DECLARE @a sysname = N'cred', @b varchar(128) = 'cred', @c nvarchar(128) = N'cred';
EXEC sp_rda_reauthorize_db @a;
EXEC sp_rda_reauthorize_db @b;
EXEC sp_rda_reauthorize_db @credential = @c;
GO
-- Types and lengths that are refused.
DECLARE @a varchar(max) = 'cred', @b nvarchar(max) = N'cred', @c varchar(200) = '', @d nvarchar(128);
EXEC sp_rda_reauthorize_db @a;
EXEC sp_rda_reauthorize_db @credential = @b;
SET @c = 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjjkkkkkkkkkkllllllllllmmmmmmmmm';
EXEC sp_rda_reauthorize_db @c;
EXEC sp_rda_reauthorize_db @d;
EXEC sp_rda_reauthorize_db 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjjkkkkkkkkkkllllllllllmmmmmmmmm';
GO
-- Arguments.
EXEC sp_rda_reauthorize_db;
EXEC sp_rda_reauthorize_db @with_copy = 1;
EXEC sp_rda_reauthorize_db N'cred', 1, N's', N'd', N'e';
EXEC sp_rda_reauthorize_db N'cred', @credential = N'cred';
EXEC sp_rda_reauthorize_db @credential = N'cred', 1;
EXEC sp_rda_reauthorize_db @password = N'cred';
EXEC sp_rda_reauthorize_db N'cred', 'maybe';
EXEC sp_rda_reauthorize_db @undeclared;
DECLARE @o sysname = N'cred';
EXEC sp_rda_reauthorize_db @o OUTPUT;
-- Syntax.
EXEC sp_rda_reauthorize_db N'cred' 1;
EXEC sp_rda_reauthorize_db N'cred',;
EXEC sp_rda_reauthorize_db @credential == N'cred';
EXEC sp_rda_reauthorize_db N'a' + N'b';
EXEC sp_rda_reauthorize_db N'cred
