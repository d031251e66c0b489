internal import StretchText

extension TriggerText {
    private static let rowidNames: Set<SQLName> = ["rowid", "_rowid_", "oid"]

    /// Returns the statements of a body; none contains a semicolon except the one that ends it.
    static func statements(of body: String) -> [[SQLToken]] {
        let tokens = Array(SQLTokenizer(body))
        return tokens.split { $0.isSymbol(";") }.map { Array($0) }
    }

    /// Returns whether a statement of a body uses `table` only to write the row for which the
    /// trigger fires.
    ///
    /// An example is the common trigger that sets `updated_at`. A statement that names the table
    /// must be `UPDATE t SET … WHERE key = NEW.key` without changing the key, or `DELETE FROM t
    /// WHERE key = OLD.key`, with exactly the key's columns, and must not read the table. Such a
    /// row is hot when the trigger fires.
    ///
    /// - Parameters:
    ///   - table: The trigger's own table.
    ///   - key: The columns of its primary key. For a key of one column, `rowid = NEW.rowid` and
    ///     its synonyms identify the same row; the caller ensures that no column has such a name.
    ///   - keyIsRowid: Whether the key is an INTEGER PRIMARY KEY, an alias of the rowid, so that
    ///     both are interchangeable: `rowid = NEW.id`.
    static func onlyWritesItsOwnRow(
        _ statement: [SQLToken], of table: String, key: [String], keyIsRowid: Bool
    ) -> Bool {
        let isHiddenByImage = ["NEW", "OLD"].contains { table.isEqualFoldingCase($0) }
        guard !key.isEmpty, !isHiddenByImage else { return false }
        let names: Set = [SQLName(table)]
        let mentions = statement.indices.filter {
            DependencyScan.isMention(of: names, at: $0, in: statement)
        }
        guard !mentions.isEmpty else { return true }
        // `t.column` means the target's row if the table is named nowhere else.
        let bare = mentions.filter { !DependencyScan.isQualifier(at: $0, in: statement) }
        guard bare.count == 1, bare[0] <= 3 else { return false }
        let check = OwnRowCheck(table: table, key: key, keyIsRowid: keyIsRowid)
        return check.writesOwnRow(statement, target: bare[0])
    }

    /// The check of one statement, given as tokens.
    private struct OwnRowCheck {
        let table: String
        let key: [String]
        let keyIsRowid: Bool

        func writesOwnRow(_ statement: [SQLToken], target: Int) -> Bool {
            let head = statement[..<target]
            guard let whereIndex = topLevelIndex(of: "WHERE", in: statement),
                topLevelIndex(of: "FROM", in: Array(statement[(target + 1)...])) == nil
            else { return false }
            let clause = statement[(target + 1)..<max(target + 1, whereIndex)]
            switch head.count {
            case 2 where head[0].isKeyword("DELETE") && head[1].isKeyword("FROM"):
                guard clause.isEmpty else { return false }
            case 1 where head[0].isKeyword("UPDATE"),
                3 where head[0].isKeyword("UPDATE") && head[1].isKeyword("OR"):
                guard clause.first?.isKeyword("SET") ?? false, !setsKey(Array(clause)) else {
                    return false
                }
            default: return false
            }
            return namesOwnRow(Array(statement[(whereIndex + 1)...]))
        }

        /// Returns whether a SET clause assigns to a column of the key, `a = …` or `(a, b) = …`.
        private func setsKey(_ clause: [SQLToken]) -> Bool {
            let names = TriggerText.rowidNames.union(key.map { SQLName($0) })
            var depth = 0
            var isTarget = true
            for token in clause.dropFirst() {
                if isTarget, token.name.map(names.contains) ?? false { return true }
                if token.isSymbol("(") { depth += 1 }
                if token.isSymbol(")") { depth -= 1 }
                if depth == 0, token.isSymbol("=") { isTarget = false }
                if depth == 0, token.isSymbol(",") { isTarget = true }
            }
            return false
        }

        /// Returns whether a condition is `key = NEW.key` for each column of the key, joined by
        /// AND.
        private func namesOwnRow(_ condition: [SQLToken]) -> Bool {
            var missing = key.map { SQLName($0) }
            for term in condition.split(omittingEmptySubsequences: false, whereSeparator: isAnd) {
                guard let column = keyColumn(equatedBy: Array(term)),
                    let index = missing.firstIndex(of: column)
                else { return false }
                missing.remove(at: index)
            }
            return missing.isEmpty
        }

        private func isAnd(_ token: SQLToken) -> Bool { token.isKeyword("AND") }

        /// Returns the key's column in `column = NEW.column`, in either order, or `nil`.
        private func keyColumn(equatedBy term: [SQLToken]) -> SQLName? {
            let isEquals: (SQLToken) -> Bool = { $0.isSymbol("=") || $0.isSymbol("==") }
            let sides = term.split(omittingEmptySubsequences: false, whereSeparator: isEquals)
            guard sides.count == 2 else { return nil }
            let (left, right) = (Array(sides[0]), Array(sides[1]))
            guard let row = column(left, of: [table], isTableItself: true),
                let image = column(right, of: ["NEW", "OLD"])
            else {
                guard let row = column(right, of: [table], isTableItself: true),
                    let image = column(left, of: ["NEW", "OLD"])
                else { return nil }
                return sameColumn(row, image)
            }
            return sameColumn(row, image)
        }

        /// Returns the column of `x.column`, where `x` is one of these; an unqualified column is
        /// the table's.
        private func column(
            _ tokens: [SQLToken], of qualifiers: [String], isTableItself: Bool = false
        ) -> SQLName? {
            guard let last = tokens.last, last.kind == .word || last.kind == .quotedName,
                let name = last.name
            else { return nil }
            if tokens.count == 1, isTableItself { return name }
            guard tokens.count == 3, tokens[1].isSymbol("."),
                qualifiers.contains(where: tokens[0].isName)
            else { return nil }
            return name
        }

        private func sameColumn(_ left: SQLName, _ right: SQLName) -> SQLName? {
            let names = key.map { SQLName($0) }
            if names.contains(left), left == right { return left }
            guard names.count == 1 else { return nil }
            let isRowid = TriggerText.rowidNames.contains
            if isRowid(left), isRowid(right) { return names[0] }
            let isKeyOrRowid = { isRowid($0) || $0 == names[0] }
            return keyIsRowid && isKeyOrRowid(left) && isKeyOrRowid(right) ? names[0] : nil
        }

        private func topLevelIndex(of keyword: String, in tokens: [SQLToken]) -> Int? {
            var depth = 0
            for (index, token) in tokens.enumerated() {
                if token.isSymbol("(") { depth += 1 }
                if token.isSymbol(")") { depth -= 1 }
                if depth == 0, token.isKeyword(keyword) { return index }
            }
            return nil
        }
    }
}
