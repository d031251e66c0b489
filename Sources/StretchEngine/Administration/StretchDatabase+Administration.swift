extension StretchDatabase {
    /// The tables, by name: `database.tables["orders"].pause()`.
    public var tables: TablesAdministration { TablesAdministration(database: self) }
    /// The remote: the link, the logins, and the retention.
    public var remote: RemoteAdministration { RemoteAdministration(database: self) }
    /// The branches of the database in its remote.
    public var branches: BranchAdministration { BranchAdministration(database: self) }
    /// The copies of migrated rows beside the database.
    public var staging: StagingAdministration { StagingAdministration(database: self) }
    /// The users who share the file.
    public var members: MemberAdministration { MemberAdministration(database: self) }
    /// The master key, which seals the secrets of credentials.
    public var masterKey: MasterKeyAdministration { MasterKeyAdministration(database: self) }
    /// The database scoped credentials.
    public var credentials: CredentialAdministration { CredentialAdministration(database: self) }
}
