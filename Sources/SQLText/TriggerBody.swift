package import StretchText

/// What a trigger's condition and statements do with some tables, as far as their text is certain.
///
/// The grammar is that of <https://sqlite.org/lang_createtrigger.html>: a target has neither a
/// schema nor an alias, and there is no WITH.
package struct TriggerBody {
    /// A value that is known when the trigger fires.
    package enum Operand: Hashable, Sendable {
        /// A column of the row for which the trigger fires: `NEW.c` or `OLD.c`.
        case image(isNew: Bool, column: String)
        /// A number, a string or a blob, as it is written.
        case literal(String)
    }

    /// A condition that each used row meets: the column equals one of the values.
    package struct Term: Hashable, Sendable {
        /// The name of the used table's column, or of its rowid.
        package let column: String
        package let values: [Operand]
        /// Whether it is written with IN, whose values have no affinity.
        package let isList: Bool
        /// Whether the value is to the left of the column and decides the collation.
        package let isReversed: Bool
    }

    package enum Kind: Hashable, Sendable {
        /// INSERT; with REPLACE or DO UPDATE it may change the row that is in the way.
        case insert(mayChange: Bool)
        /// UPDATE or DELETE.
        case change
        /// A table in FROM.
        case read
    }

    /// A use of a table.
    package struct Use: Hashable, Sendable {
        package let table: SQLName
        package let kind: Kind
        /// Conditions that together hold for each used row; empty if any row may be used.
        package let terms: [Term]
    }

    /// A statement of the body, or the trigger's condition.
    package struct Statement {
        let tokens: [SQLToken]
        package fileprivate(set) var uses: [Use] = []
        /// A name whose role is not certain, or `nil`.
        package fileprivate(set) var unclear: SQLName?

        /// Returns whether the statement uses `table` only to write the row for which a trigger of
        /// this table fires.
        ///
        /// - Parameters:
        ///   - key: The columns of its primary key.
        ///   - keyIsRowid: Whether the key is an INTEGER PRIMARY KEY.
        package func onlyWritesItsOwnRow(
            of table: String, key: [String], keyIsRowid: Bool
        ) -> Bool {
            TriggerText.onlyWritesItsOwnRow(tokens, of: table, key: key, keyIsRowid: keyIsRowid)
        }
    }

    /// The condition, if it names a table, and each statement that does.
    package let statements: [Statement]

    /// Reads a trigger.
    ///
    /// - Parameter tables: The names of the tables and views whose uses are wanted.
    package init(_ trigger: TriggerText, tables: Set<SQLName>) {
        let texts = [trigger.condition.map { "SELECT \($0)" }, trigger.body].compactMap { $0 }
        statements = texts.flatMap { text in
            TriggerText.statements(of: text).compactMap { tokens in
                var reader = TriggerStatementReader(tokens, tables: tables)
                guard reader.mentionsTable else { return nil }
                reader.read()
                return Statement(
                    tokens: reader.tokens, uses: reader.uses, unclear: reader.unclear)
            }
        }
    }

    /// Returns the tables and views that the trigger's statements write, each with the event that
    /// the statement is for the target's own triggers.
    package static func changes(
        of trigger: TriggerText
    ) -> [(table: SQLName, events: [TriggerText.Event.Kind])] {
        TriggerText.statements(of: trigger.body).compactMap { tokens in
            let reader = TriggerStatementReader(tokens, tables: [])
            guard let target = reader.target, let name = reader.tokens[target.index].name else {
                return nil
            }
            return (name, target.events)
        }
    }
}

extension TriggerText.Event {
    /// The event without its columns.
    package enum Kind: Hashable, Sendable {
        case insert, update, delete
    }

    package var kind: Kind {
        switch self {
        case .insert: .insert
        case .update: .update
        case .delete: .delete
        }
    }
}

extension TriggerText {
    /// The condition after WHEN with names in quotes, if it consists of columns of the row,
    /// literals and operators only; else `nil`.
    ///
    /// Such a condition has the same value in any schema.
    package var plainCondition: String? {
        guard let condition else { return nil }
        let tokens = Array(SQLTokenizer(condition))
        var parts: [String] = []
        var index = 0
        while index < tokens.count {
            if let (image, count) = TriggerStatementReader.image(in: tokens, at: index) {
                parts.append(image.text)
                index += count
                continue
            }
            let token = tokens[index]
            switch token.kind {
            case .number, .string, .blob, .symbol: break
            case .word where token.isKeyword(in: Self.operators): break
            default: return nil
            }
            guard !token.isSymbol("."), !token.isSymbol("->"), !token.isSymbol("->>") else {
                return nil
            }
            parts.append(token.text)
            index += 1
        }
        return parts.joined(separator: " ")
    }

    private static let operators = [
        "AND", "OR", "NOT", "IS", "ISNULL", "NOTNULL", "NULL", "IN", "BETWEEN", "CASE", "WHEN",
        "THEN", "ELSE", "END",
    ]
}

extension TriggerBody.Operand {
    /// The value as SQL text, with names in quotes.
    package var text: String {
        switch self {
        case .image(let isNew, let column): "\(isNew ? "NEW" : "OLD").\(column.quotedName)"
        case .literal(let text): text
        }
    }
}
