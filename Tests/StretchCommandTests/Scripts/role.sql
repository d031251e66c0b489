-- stretched
ALTER ROLE db_owner ADD MEMBER nobody_here;
EXEC sp_addrolemember N'db_owner', N'another';
ALTER ROLE db_owner DROP MEMBER nobody_here;
ALTER ROLE db_owner DROP MEMBER nobody_here;
EXEC sp_droprolemember N'db_owner', N'another';
EXEC sp_addrolemember N'db_reader', N'another';
USE other;
USE app;
