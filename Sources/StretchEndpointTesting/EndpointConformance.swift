internal import StretchCore
public import StretchEndpoint

/// The claims that every endpoint keeps, as checks for any test framework.
///
/// Each check works on a remote of its own: make a conformance for each with a new, empty remote.
///
///     for check in EndpointConformance.checks {
///         try check.run(EndpointConformance { owner in try makeSession(newRemote, owner) })
///     }
public struct EndpointConformance {
    private let makeOwned: (OwnerProof?) throws -> any Endpoint
    /// Damages a row of a batch, which is named by its ordinal.
    let damage: (RowDamage, _ batch: Int64, _ ordinal: Int64) throws -> Void

    /// Makes the conditions of one check.
    ///
    /// - Parameters:
    ///   - makeEndpoint: Returns a new session of an owner, or of nobody, to one remote at each
    ///     call; it is empty at the first.
    ///   - damage: Changes a row of the remote as another program would, for ``damageChecks``.
    public init(
        makeEndpoint: @escaping (OwnerProof?) throws -> any Endpoint,
        damage: @escaping (RowDamage, _ batch: Int64, _ ordinal: Int64) throws -> Void = {
            _, _, _ in throw ConformanceFailure("nothing damages rows of this remote")
        }
    ) {
        makeOwned = makeEndpoint
        self.damage = damage
    }

    /// A new session to the same remote.
    func makeEndpoint(_ owner: OwnerProof? = nil) throws -> any Endpoint { try makeOwned(owner) }

    /// Every check.
    public static var checks: [Check] {
        timelineChecks + retirementChecks + branchChecks + garbageChecks + rowChecks
            + definitionChecks
            + scanChecks
            + constraintChecks + orderChecks
    }

    /// One claim.
    public struct Check: Sendable, CustomStringConvertible {
        /// The claim, as a sentence without a period.
        public let name: String
        private let body: @Sendable (EndpointConformance) throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (EndpointConformance) throws -> Void) {
            self.name = name
            self.body = body
        }

        /// The claim.
        public var description: String { name }

        /// Checks the claim on a fresh remote.
        ///
        /// - Throws: ``ConformanceFailure`` when the claim does not hold; what the endpoint throws
        ///   where it must not.
        public func run(_ conformance: EndpointConformance) throws { try body(conformance) }
    }
}

/// What another program did to a row of a remote.
public enum RowDamage: CaseIterable, Sendable {
    /// The row is gone.
    case lost
    /// The row is there twice.
    case doubled
    /// The row belongs to a batch that the ledger does not know.
    case ofUnknownBatch
    /// The row has a place that its batch does not have.
    case beyondBatch
}

/// What an endpoint did against its contract.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// What was expected, and what came instead.
    public let message: String
    /// The message.
    public var description: String { message }

    /// Makes a failure.
    public init(_ message: String) { self.message = message }
}

/// Throws unless `condition` holds.
func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw ConformanceFailure(message()) }
}

/// Throws unless both are equal.
func require<Element: Equatable>(
    _ found: Element, equals expected: Element, _ what: String
) throws {
    try require(found == expected, "\(what): expected \(expected), found \(found)")
}

/// Throws unless `body` throws an error of the given code.
func require(
    _ code: StretchError.Code, _ what: String, from body: () throws -> Void
) throws {
    do {
        try body()
    } catch let error as StretchError {
        guard error.code == code else {
            throw ConformanceFailure("\(what): expected \(code), found \(error.code): \(error)")
        }
        return
    }
    throw ConformanceFailure("\(what): expected \(code), but nothing was thrown")
}
