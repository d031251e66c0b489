EXEC sp_rda_test_connection;
EXEC sp_rda_test_connection @database_name = N'app', @server_address = N'down';
EXEC sp_rda_test_connection N'app', N'db.example', N'admin', N's3cret';
EXEC sp_rda_test_connection @azure_username = N'admin', @azure_password = N's3cret';
EXEC sp_rda_test_connection @credential_name = N'cred';
EXEC sp_rda_test_connection @azure_username = N'admin';
EXEC sp_rda_test_connection @azure_password = N's3cret';
EXEC sp_rda_test_connection @azure_username = N'admin', @azure_password = N's3cret', @credential_name = N'cred';
EXEC sp_rda_test_connection @azure_password = s3cret s3cret;
GO
EXEC sp_rda_test_connection @azure_username = N'admin', @azure_pasword = N's3cret';
EXEC sp_rda_test_connection 1, 2, 3, 4, 5, 6;
EXEC sp_rda_test_connection @azure_password = N'it's3cret';
