Declare @credentialName nvarchar(128);
SET @credentialName = N’<database_scoped_credential_name_created_previously>’;
EXEC sp_rda_reauthorize_db @credentialName;
GO
-- The same indented, as in the page, and with plain quotes.
    Declare @credentialName nvarchar(128);
    SET @credentialName = N'cred';
    EXEC sp_rda_reauthorize_db @credentialName;
