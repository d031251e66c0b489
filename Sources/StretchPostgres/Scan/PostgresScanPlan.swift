internal import StretchEndpoint

/// The plan of a scan on the server.
struct PostgresScanPlan {
    /// The kinds of plans.
    enum Kind {
        /// One statement that checks the fence and returns few rows.
        case point(parameters: [String], isRepeated: Bool)
        /// A stream of binary COPY data.
        case stream
        /// A cursor for rows in order, which can return the first rows before all are sorted.
        case cursor(parameters: [String], misfits: String?)
    }

    private(set) var kind: Kind
    /// The statement, COPY's query, or the cursor's query.
    ///
    /// It contains values only in COPY, which accepts no parameters.
    let sql: String
    /// The statement in two halves for two sessions if a stream is long; otherwise empty.
    let halves: [String]
    let decoder: RowDecoder
    /// The wanted columns, followed by those that only the order needs.
    let columns: [Int64]
    /// Whether the statement, for example one with a limit, is correct only for this number of
    /// batches.
    let needsAllBatches: Bool
    /// Whether the statement lists the batches, so that no other rows can be returned.
    let isInclusive: Bool

    init(
        _ request: ColdScanRequest, relation: PostgresRelation, visible: VisibleSet, schema: String
    ) throws {
        let orderColumns = try request.order.map { try relation.column($0.column) }
        let uncertain = orderColumns.filter(\.hasMisfits)
        let columns = PostgresScanPlan.columns(
            request.columns, before: uncertain.isEmpty ? [] : orderColumns)
        let selected = try columns.map { try relation.column($0) }
        let fence = ConditionBuilder.fence(request.position, relation)
        var point = ConditionBuilder(relation, parameters: fence)
        for constraint in request.constraints { try point.add(constraint) }
        let isPoint = point.isPoint && uncertain.isEmpty
        // A point read that finds nothing returns only the fence, which has no location.
        let decoder = RowDecoder(
            selected, of: relation, hasPlaces: request.needsIdentifiers || isPoint,
            provesPlaces: request.hidesRows && !request.isWhole)
        (self.decoder, self.columns) = (decoder, columns)
        let names = (decoder.prefix + selected.map(\.name))

        let isWhole = request.limit != nil && point.isExact && visible.condition == nil
        let hasLimit = isWhole && uncertain.isEmpty
        let limit = hasLimit ? " LIMIT \(request.limit ?? 0)" : ""
        let order =
            request.order.isEmpty
            ? "" : " ORDER BY " + (try OrderSQL.terms(request.order, of: relation))

        if isPoint {
            let condition = point.conditions.joined(separator: " AND ")
            (needsAllBatches, isInclusive) = (hasLimit, false)
            sql = PostgresScanPlan.pointSQL(
                names, of: relation, where: condition, then: order + limit, schema: schema)
            let isRepeated = point.isRepeatable && request.order.isEmpty
            kind = .point(parameters: point.parameters, isRepeated: isRepeated)
            halves = []
            return
        }
        let isOrdered = !request.order.isEmpty
        var builder = ConditionBuilder(relation, parameters: isOrdered ? [] : nil)
        for constraint in request.constraints { try builder.add(constraint) }
        var conditions = builder.conditions
        isInclusive = request.needsIdentifiers && visible.isInclusive
        if request.needsIdentifiers {
            needsAllBatches = hasLimit
            if let condition = visible.condition { conditions.append(condition) }
        } else {
            // The rows do not include their batch here.
            needsAllBatches = visible.condition == nil
            if visible.condition != nil { conditions.append(visible.inclusion) }
        }
        let isDistinct = request.mayOmitDuplicates && PostgresScanPlan.hasExactEquality(selected)
        func select(_ more: String?) -> String {
            let all = conditions + (more.map { [$0] } ?? [])
            let filter = all.isEmpty ? "" : " WHERE " + all.joined(separator: " AND ")
            return "SELECT \(isDistinct ? "DISTINCT " : "")\(names.joined(separator: ", ")) "
                + "FROM ONLY \(relation.table) AS _n\(filter)"
        }
        guard isOrdered else {
            kind = .stream
            sql = select(nil) + limit
            let isLong = request.expectedRowCount ?? 0 >= PostgresScanPlan.longRowCount
            if isLong, request.limit == nil, !isDistinct, let middle = visible.middle {
                halves = [select("_b < \(middle)"), select("_b >= \(middle)")]
            } else {
                halves = []
            }
            return
        }
        halves = []
        guard !uncertain.isEmpty else {
            sql = select(nil) + order + limit
            kind = .cursor(parameters: builder.parameters, misfits: nil)
            return
        }
        // NULL in a column of the order may represent a misfit; those rows are sorted by the
        // client.
        let empty = uncertain.map { "\($0.name) IS NULL" }.joined(separator: " OR ")
        let filled = uncertain.map { "\($0.name) IS NOT NULL" }.joined(separator: " AND ")
        sql = select("(_x IS NULL OR (\(filled)))") + order
        kind = .cursor(
            parameters: builder.parameters,
            misfits: select("_x IS NOT NULL AND (\(empty))"))
    }

    /// Returns the wanted columns, followed by missing columns of the order.
    private static func columns(
        _ wanted: [Int64], before others: [PostgresRelation.Column]
    ) -> [Int64] {
        others.reduce(into: wanted) { columns, column in
            if !columns.contains(column.id) { columns.append(column.id) }
        }
    }

    /// Returns a query for the fence joined with each matching row, or the fence alone if none
    /// matches.
    private static func pointSQL(
        _ names: [String], of relation: PostgresRelation, where condition: String,
        then rest: String, schema: String
    ) -> String {
        let equal = Comparison.equal.sql
        return """
            SELECT _f._f, _f._n, \(names.joined(separator: ", ")) \
            FROM (SELECT r.generation AS _f, r.batch_count AS _n \
            FROM \(schema).stretch_history AS h, \
            \(schema).stretch_relation AS r \
            WHERE h.branch \(equal) $1::pg_catalog.int8 \
            AND h.epoch \(equal) $2::pg_catalog.int8 \
            AND h.token \(equal) $3::pg_catalog.int8 \
            AND r.id \(equal) $4::pg_catalog.int8) AS _f \
            LEFT JOIN ONLY \(relation.table) AS _n ON \(condition)\(rest)
            """
    }

    /// The number of rows from which a stream uses a second session.
    private static let longRowCount: Int64 = 100_000

    /// Returns the same point read with other parameters.
    func repeated(with parameters: [String]) -> PostgresScanPlan {
        var plan = self
        plan.kind = .point(parameters: parameters, isRepeated: true)
        return plan
    }

    /// Returns whether equal values of these columns are identical.
    ///
    /// On the server 0.0 and -0.0 are equal, and misfits are NULL.
    private static func hasExactEquality(_ columns: [PostgresRelation.Column]) -> Bool {
        !columns.isEmpty
            && columns.allSatisfy { !$0.hasMisfits && $0.type != .real && $0.type != .number }
    }
}
