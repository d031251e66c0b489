/// A statement about the database master key.
public enum MasterKeyStatement: Equatable, Sendable {
    /// `CREATE MASTER KEY [ENCRYPTION BY PASSWORD = '…']`.
    case create(password: Secret?)
    /// `OPEN MASTER KEY DECRYPTION BY PASSWORD = '…'`.
    case open(password: Secret)
    /// `CLOSE MASTER KEY`.
    case close
    /// `ALTER MASTER KEY [FORCE] REGENERATE WITH ENCRYPTION BY PASSWORD = '…'`.
    case regenerate(password: Secret, isForced: Bool)
    /// `ALTER MASTER KEY ADD ENCRYPTION BY …`.
    case addEncryption(MasterKeyProtection)
    /// `ALTER MASTER KEY DROP ENCRYPTION BY …`.
    case dropEncryption(MasterKeyProtection)
    /// `DROP MASTER KEY`.
    case drop
    /// `BACKUP MASTER KEY TO FILE = '…' ENCRYPTION BY PASSWORD = '…'`.
    case backup(file: String, password: Secret)
    /// `RESTORE MASTER KEY FROM FILE = '…' DECRYPTION BY PASSWORD = '…' ENCRYPTION BY PASSWORD =
    /// '…' [FORCE]`.
    case restore(file: String, decryption: Secret, encryption: Secret, isForced: Bool)
}

/// The protection of the master key.
public enum MasterKeyProtection: Equatable, Sendable {
    /// The service key of this user, which opens the master key without a password.
    case serviceMasterKey
    /// A password.
    case password(Secret)
}

/// A statement about a database scoped credential.
public enum CredentialStatement: Equatable, Sendable {
    /// `CREATE DATABASE SCOPED CREDENTIAL name WITH IDENTITY = '…'[, SECRET = '…']`.
    case create(Identifier, identity: String, secret: Secret?)
    /// `ALTER DATABASE SCOPED CREDENTIAL name WITH IDENTITY = '…'[, SECRET = '…']`.
    case alter(Identifier, identity: String, secret: Secret?)
    /// `DROP DATABASE SCOPED CREDENTIAL name`.
    case drop(Identifier)
}
