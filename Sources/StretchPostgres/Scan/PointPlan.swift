internal import StretchCore
internal import StretchEndpoint

/// The plan of a point read, reusable for reads that differ only in value and position.
struct PointPlan {
    private let plan: PostgresScanPlan
    private let relation: PostgresRelation
    private let columns: [Int64]
    private let hidesRows: Bool
    private let column: PostgresRelation.Column
    private let collation: Collation
    /// The number of characters or bytes of the value in the index, if it does not contain all.
    private let prefixLength: Int?
    private var position: TimelinePosition
    /// The first parameters.
    private var fence: [String]

    /// - Returns: `nil` if the plan is not for a single value.
    init?(_ plan: PostgresScanPlan, _ request: ColdScanRequest, _ relation: PostgresRelation) {
        guard case .point(let parameters, isRepeated: true) = plan.kind, request.limit == nil,
            request.constraints.count == 1, let constraint = request.constraints.first,
            case .equal = constraint.comparison, let column = relation.columns[constraint.column]
        else { return nil }
        (self.plan, self.relation, self.column) = (plan, relation, column)
        hidesRows = request.hidesRows
        (columns, position, collation) = (request.columns, request.position, constraint.collation)
        fence = Array(parameters.prefix(ConditionBuilder.fenceParameterCount))
        let term = PostgresRelation.Term(column: column.id, collation: collation)
        let count = parameters.count - fence.count
        prefixLength = count == 2 ? relation.prefixLengths[term] : nil
        guard count == (prefixLength == nil ? 1 : 2) else { return nil }
    }

    /// Returns the plan for a request, or `nil` if it differs in more.
    mutating func plan(
        _ request: ColdScanRequest, of relation: PostgresRelation
    ) -> PostgresScanPlan? {
        guard relation === self.relation, request.order.isEmpty, request.limit == nil,
            request.constraints.count == 1, request.constraints[0].column == column.id,
            request.constraints[0].collation == collation,
            case .equal(let value) = request.constraints[0].comparison,
            request.columns == columns, request.hidesRows == hidesRows,
            let held = ColumnCondition.equal(value, column.type, collation)
        else { return nil }
        if position != request.position {
            position = request.position
            fence = ConditionBuilder.fence(position, relation)
        }
        var parameters = fence
        parameters.append(ServerSQL.text(held))
        if let prefixLength { parameters.append(ServerSQL.text(held.prefix(prefixLength))) }
        return plan.repeated(with: parameters)
    }
}
