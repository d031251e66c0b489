extension Parser {
    /// Parses a statement about the master key, or takes nothing.
    mutating func parseMasterKey() throws(TransactSQLError) -> MasterKeyStatement? {
        if accept("CREATE", "MASTER", "KEY") {
            guard isAt("ENCRYPTION") else { return .create(password: nil) }
            return .create(password: try expectPassword("ENCRYPTION"))
        }
        if accept("OPEN", "MASTER", "KEY") {
            return .open(password: try expectPassword("DECRYPTION"))
        }
        if accept("CLOSE", "MASTER", "KEY") { return .close }
        if accept("DROP", "MASTER", "KEY") { return .drop }
        if accept("ALTER", "MASTER", "KEY") { return try parseAlterMasterKey() }
        if accept("BACKUP", "MASTER", "KEY") {
            try expect("TO", "FILE")
            try expect(symbol: "=")
            let file = try expectString("a path")
            return .backup(file: file, password: try expectPassword("ENCRYPTION"))
        }
        if accept("RESTORE", "MASTER", "KEY") {
            try expect("FROM", "FILE")
            try expect(symbol: "=")
            let file = try expectString("a path")
            let decryption = try expectPassword("DECRYPTION")
            let encryption = try expectPassword("ENCRYPTION")
            return .restore(
                file: file, decryption: decryption, encryption: encryption,
                isForced: accept("FORCE"))
        }
        return nil
    }

    /// `ENCRYPTION BY PASSWORD = '…'`, or the same with `DECRYPTION`.
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

    /// Parses a statement about a database scoped credential, or takes nothing.
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
        guard !name.name.hasPrefix("#") else {
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
        try expect("WITH", "IDENTITY")
        hideTokens()
        try expect(symbol: "=")
        let identity = try expectString("a login")
        guard accept(symbol: ",") else { return (identity, nil) }
        try expect("SECRET")
        return (identity, try expectSecret())
    }
}
