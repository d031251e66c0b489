EXEC sp_configure;
EXEC sp_configure 'remote data archive';
EXEC sp_configure 'remote data archive', '1';
EXEC sp_configure 'Remote Data Archive';
RECONFIGURE;
EXEC sp_configure @configname = 'remote data archive', @configvalue = 0;
RECONFIGURE WITH OVERRIDE
GO
EXEC sp_configure 'remote data archive', '2';
EXEC sp_configure 'remote data archive', 'on';
EXEC sp_configure 'show advanced options', 1;
EXEC sp_configure NULL, 1;
RECONFIGURE NOW;
RECONFIGURE WITH FORCE;
