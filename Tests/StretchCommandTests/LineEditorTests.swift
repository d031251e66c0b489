import Testing

@testable import StretchCommand

/// What the history of `stretch sql` keeps.
@Suite struct LineEditorTests {
    @Test(arguments: [
        "CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'x';",
        "OPEN MASTER KEY\nDECRYPTION BY\nPassWord = 'x'",
        "ALTER DATABASE SCOPED CREDENTIAL c WITH IDENTITY = 'a', SECRET\n=\n'x';",
        "EXEC sp_control_dbmasterkey_password N'app', N'x', N'add'",
        "exec SP_RDA_TEST_CONNECTION N'app', N'server', N'login', N'x'",
        "SELECT 'postgresql://login:x@host/db'",
        "CREATE MASTER KEY ENCRYPTION BY PASWORD = 'x';",
        "CREATE MASTER KEY ENCRYTPION BY PASSWRD = 'x';",
        "CREATE MASTR KEY ENC BY PWD = 'x';",
        "CREATE DATABASE SCOPED CREDENTIAL c WITH IDENTITY = 'a', SECERT = 'x';",
    ])
    func `a statement that could hold a password is not kept`(_ statement: String) {
        #expect(LineEditor.mayHoldSecret(statement))
    }

    @Test(arguments: [
        "SELECT * FROM orders;", "EXEC sp_rda_reauthorize_db N'cold'",
        "SELECT * FROM orders WHERE state = 'packed' AND encrypted = \"no\";",
        "DROP DATABASE SCOPED CREDENTIAL c;",
    ])
    func `any other statement is kept`(_ statement: String) {
        #expect(!LineEditor.mayHoldSecret(statement))
    }
}
