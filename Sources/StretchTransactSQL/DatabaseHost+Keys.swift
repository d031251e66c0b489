internal import StretchCore
internal import StretchEngine
internal import StretchText
public import TransactSQL

extension DatabaseHost {
    /// The error numbers of statements about the master key and credentials.
    private static let keyNumbers: [StretchError.Code: TransactSQLError.Code] = [
        .wrongState: .missingMasterKey, .notPermitted: .wrongPassword,
    ]

    /// Creates, opens, closes, changes, backs up or restores the master key.
    public func perform(_ statement: MasterKeyStatement) throws {
        try requireOwner()
        var numbers = Self.keyNumbers
        if case .create = statement { numbers[.wrongState] = .duplicateMasterKey }
        if case .drop = statement, try hasMasterKey() { numbers[.wrongState] = .masterKeyInUse }
        try numbered(numbers) { () throws(StretchError) in
            switch statement {
            case .create(let password): try database.masterKey.create(password: password?.text)
            case .open(let password): try database.masterKey.open(password: password.text)
            case .close: try database.masterKey.close()
            case .regenerate(let password, _):
                try database.masterKey.regenerate(password: password.text)
            case .addEncryption(.serviceMasterKey):
                try database.masterKey.setOpensByService(true)
            case .addEncryption(.password(let password)):
                try database.masterKey.addPassword(password.text)
            case .dropEncryption(.serviceMasterKey):
                try database.masterKey.setOpensByService(false)
            case .dropEncryption(.password(let password)):
                try database.masterKey.dropPassword(password.text)
            case .drop: try database.masterKey.drop()
            case .backup(let file, let password):
                try database.masterKey.export(to: file, password: password.text)
            case .restore(let file, let decryption, let encryption, let isForced):
                try database.masterKey.import(
                    from: file, password: decryption.text, newPassword: encryption.text,
                    isForced: isForced)
            }
        }
    }

    private func hasMasterKey() throws(TransactSQLError) -> Bool {
        try numbered { () throws(StretchError) in try database.masterKey.exists() }
    }

    /// Adds or removes a password that opens the master key.
    public func changeMasterKeyPassword(
        _ password: Secret, _ action: RoleAction, database name: String
    ) throws {
        try requireCurrent(name)
        try requireOwner()
        try numbered(Self.keyNumbers) { () throws(StretchError) in
            switch action {
            case .add: try database.masterKey.addPassword(password.text)
            case .drop: try database.masterKey.dropPassword(password.text)
            }
        }
    }

    /// Creates a credential.
    public func createCredential(_ name: String, identity: String, secret: Secret?) throws {
        try requireOwner()
        let isThere = try credentialExists(name)
        try numbered([.wrongState: isThere ? .duplicateName : .missingMasterKey]) {
            () throws(StretchError) in
            try database.credentials.create(name, identity: identity, secret: secret?.text)
        }
    }

    /// Changes the login of a credential.
    public func alterCredential(_ name: String, identity: String, secret: Secret?) throws {
        try requireOwner()
        try numbered([.invalidArgument: .unknownCredential, .wrongState: .missingMasterKey]) {
            () throws(StretchError) in
            try database.credentials.alter(name, identity: identity, secret: secret?.text)
        }
    }

    /// Deletes a credential.
    public func dropCredential(_ name: String) throws {
        try requireOwner()
        try numbered([.invalidArgument: .unknownCredential, .wrongState: .missingMasterKey]) {
            () throws(StretchError) in try database.credentials.drop(name)
        }
    }

    func credentialExists(_ name: String) throws(TransactSQLError) -> Bool {
        let all = try numbered { () throws(StretchError) in try database.credentials.all() }
        return all.contains { $0.name.isEqualFoldingCase(name) }
    }

    /// Adds a user of this machine to `db_owner`, or removes the user.
    public func changeOwner(_ member: String, _ action: RoleAction) throws {
        try requireStretched()
        try numbered([.wrongState: .unknownCredential]) { () throws(StretchError) in
            switch action {
            case .add: try database.members.add(member)
            case .drop: try database.members.drop(member)
            }
        }
    }
}
