EXEC sp_rda_deauthorize_db;
exec sys.sp_rda_deauthorize_db
GO
sp_rda_deauthorize_db
GO
[sys].[sp_rda_deauthorize_db];
sp_rda_deauthorize_db;
GO
EXEC sp_rda_deauthorize_db 1;
EXEC sp_rda_deauthorize_db @force = 1;
EXEC guest.sp_rda_deauthorize_db;
EXEC sp_rda_deauthorise_db;
EXEC;
