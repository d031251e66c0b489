internal import StretchText

/// The variables of a batch, with their types and values.
struct Variables: Sendable {
    struct Variable: Sendable {
        let name: String
        let type: DataType
        var value: TransactSQLValue
    }

    private var byName: [SQLName: Variable] = [:]

    /// The values by declared name, for bind parameters.
    var values: [String: TransactSQLValue] {
        Dictionary(byName.values.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// Returns the variable with a name, ignoring case.
    func variable(_ name: Identifier) throws(TransactSQLError) -> Variable {
        guard let variable = byName[SQLName(name.name)] else {
            throw TransactSQLError(
                .undeclaredVariable, "variable \(name.name) is not declared", at: name.position,
                hint: "DECLARE it in the same batch; GO ends the life of all variables.")
        }
        return variable
    }

    func contains(_ name: String) -> Bool { byName[SQLName(name)] != nil }

    mutating func declare(_ name: Identifier, _ type: DataType) throws(TransactSQLError) {
        // The host receives the names as Strings, among which canonically equivalent names are
        // equal.
        let isTaken = contains(name.name) || byName.values.contains { $0.name == name.name }
        guard !isTaken else {
            throw TransactSQLError(
                .duplicateVariable, "variable \(name.name) is declared already", at: name.position,
                hint: "Use SET, or another name.")
        }
        byName[SQLName(name.name)] = Variable(name: name.name, type: type, value: .null)
    }

    /// Removes the variable after its initial value was refused.
    mutating func remove(_ name: Identifier) {
        byName[SQLName(name.name)] = nil
    }

    /// Sets a variable to a value, converted to its type.
    mutating func set(
        _ name: Identifier, _ value: TransactSQLValue
    ) throws(TransactSQLError) {
        var variable = try variable(name)
        do throws(TransactSQLError) {
            variable.value = try variable.type.converting(value)
        } catch {
            throw TransactSQLError(
                TransactSQLError.Code(error.number, level: error.level),
                "variable \(variable.name): \(error.message)", at: name.position, hint: error.hint)
        }
        byName[SQLName(name.name)] = variable
    }
}
