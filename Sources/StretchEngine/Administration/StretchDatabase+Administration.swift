extension StretchDatabase {
    /// The tables, by their names: `database.tables["orders"].pause()`.
    public var tables: TablesAdministration { TablesAdministration(database: self) }
    /// The remote: the link to it, its logins, and what it keeps.
    public var remote: RemoteAdministration { RemoteAdministration(database: self) }
    /// The branches of the database at its remote.
    public var branches: BranchAdministration { BranchAdministration(database: self) }
    /// Copies of moved rows beside the database.
    public var staging: StagingAdministration { StagingAdministration(database: self) }
    /// The users who share the file.
    public var members: MemberAdministration { MemberAdministration(database: self) }
    /// The master key, which seals the secrets of credentials.
    public var masterKey: MasterKeyAdministration { MasterKeyAdministration(database: self) }
    /// The database scoped credentials.
    public var credentials: CredentialAdministration { CredentialAdministration(database: self) }
}
