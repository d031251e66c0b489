internal import StretchText

extension Parser {
    /// Parses a statement about the master key, or consumes nothing.
    mutating func parseMasterKey() throws(TransactSQLError) -> MasterKeyStatement? {
        let verbs = ["CREATE", "OPEN", "CLOSE", "ALTER", "DROP", "BACKUP", "RESTORE"]
        guard let verb = verbs.first(where: { accept($0, "MASTER", "KEY") }) else { return nil }
        hideTokens()
        switch verb {
        case "CREATE":
            guard isAt("ENCRYPTION") else { return .create(password: nil) }
            return .create(password: try expectPassword("ENCRYPTION"))
        case "OPEN": return .open(password: try expectPassword("DECRYPTION"))
        case "CLOSE": return .close
        case "DROP": return .drop
        case "ALTER": return try parseAlterMasterKey()
        case "BACKUP":
            let file = try expectFile("TO")
            return .backup(file: file, password: try expectPassword("ENCRYPTION"))
        default:
            let file = try expectFile("FROM")
            let decryption = try expectPassword("DECRYPTION")
            let encryption = try expectPassword("ENCRYPTION")
            return .restore(
                file: file, decryption: decryption, encryption: encryption,
                isForced: accept("FORCE"))
        }
    }

    /// Expects `TO FILE = '…'` or `FROM FILE = '…'`.
    private mutating func expectFile(_ direction: String) throws(TransactSQLError) -> String {
        try expect(direction, "FILE")
        try expect(symbol: "=")
        return try expectString("a path")
    }

    /// Expects `ENCRYPTION BY PASSWORD = '…'` or `DECRYPTION BY PASSWORD = '…'`.
    private mutating func expectPassword(_ word: String) throws(TransactSQLError) -> Secret {
        try expect(word, "BY", "PASSWORD")
        return try expectSecret()
    }

    private mutating func parseAlterMasterKey() throws(TransactSQLError) -> MasterKeyStatement {
        let isForced = accept("FORCE")
        if accept("REGENERATE") {
            try expect("WITH")
            return .regenerate(password: try expectPassword("ENCRYPTION"), isForced: isForced)
        }
        guard !isForced else { throw unexpected("REGENERATE") }
        if accept("ADD") { return .addEncryption(try parseProtection()) }
        if accept("DROP") { return .dropEncryption(try parseProtection()) }
        throw unexpected("REGENERATE, FORCE REGENERATE, ADD ENCRYPTION or DROP ENCRYPTION")
    }

    private mutating func parseProtection() throws(TransactSQLError) -> MasterKeyProtection {
        try expect("ENCRYPTION", "BY")
        if accept("SERVICE") {
            try expect("MASTER", "KEY")
            return .serviceMasterKey
        }
        guard accept("PASSWORD") else { throw unexpected("SERVICE MASTER KEY or PASSWORD = '…'") }
        return .password(try expectSecret())
    }

    /// Parses a statement about a database scoped credential, or consumes nothing.
    mutating func parseCredential() throws(TransactSQLError) -> CredentialStatement? {
        if accept("CREATE", "DATABASE", "SCOPED", "CREDENTIAL") {
            let name = try expectCredentialName()
            let login = try parseLogin()
            return .create(name, identity: login.identity, secret: login.secret)
        }
        if accept("ALTER", "DATABASE", "SCOPED", "CREDENTIAL") {
            let name = try expectCredentialName()
            let login = try parseLogin()
            return .alter(name, identity: login.identity, secret: login.secret)
        }
        if accept("DROP", "DATABASE", "SCOPED", "CREDENTIAL") {
            return .drop(try expectCredentialName())
        }
        return nil
    }

    private mutating func expectCredentialName() throws(TransactSQLError) -> Identifier {
        let name = try expectName("a credential")
        guard !name.name.beginsWith("#") else {
            throw TransactSQLError(
                .syntax, "the name of a credential cannot begin with \"#\"", at: name.position,
                hint: "Choose another name.")
        }
        guard name.name.utf16.count <= DataType.maximumNameLength else {
            throw TransactSQLError(
                .truncation, "the name of the credential is longer than sysname allows",
                at: name.position, hint: "Choose a name of at most 128 characters.")
        }
        return name
    }

    private mutating func parseLogin() throws(TransactSQLError) -> (
        identity: String, secret: Secret?
    ) {
        hideTokens()
        try expect("WITH", "IDENTITY")
        try expect(symbol: "=")
        let identity = try expectString("a login")
        guard accept(symbol: ",") else { return (identity, nil) }
        try expect("SECRET")
        return (identity, try expectSecret())
    }
}
