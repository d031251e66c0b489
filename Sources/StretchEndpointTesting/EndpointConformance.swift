internal import StretchCore
public import StretchEndpoint

/// The requirements for every endpoint, as checks for any test framework.
///
/// Each check needs its own remote: create a conformance with a new, empty remote for each.
///
///     for check in EndpointConformance.checks {
///         try check.run(EndpointConformance { owner in try makeSession(newRemote, owner) })
///     }
public struct EndpointConformance {
    private let makeOwned: (OwnerProof?) throws -> any Endpoint
    /// Damages a row of a batch, given by its ordinal.
    let damage: (RowDamage, _ batch: Int64, _ ordinal: Int64) throws -> Void

    /// Creates the environment of one check.
    ///
    /// - Parameters:
    ///   - makeEndpoint: Returns a new session with one remote at each call, with or without an
    ///     owner; the remote is initially empty.
    ///   - damage: Damages a row of the remote as another program might, for ``damageChecks``.
    public init(
        makeEndpoint: @escaping (OwnerProof?) throws -> any Endpoint,
        damage: @escaping (RowDamage, _ batch: Int64, _ ordinal: Int64) throws -> Void = {
            _, _, _ in throw ConformanceFailure("nothing damages rows of this remote")
        }
    ) {
        makeOwned = makeEndpoint
        self.damage = damage
    }

    /// Returns a new session with the same remote.
    func makeEndpoint(_ owner: OwnerProof? = nil) throws -> any Endpoint { try makeOwned(owner) }

    /// All checks.
    public static var checks: [Check] {
        timelineChecks + retirementChecks + branchChecks + garbageChecks + rowChecks
            + definitionChecks
            + scanChecks
            + constraintChecks + orderChecks
    }

    /// A check of one requirement.
    public struct Check: Sendable, CustomStringConvertible {
        /// The requirement, as a sentence without a period.
        public let name: String
        private let body: @Sendable (EndpointConformance) throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (EndpointConformance) throws -> Void) {
            self.name = name
            self.body = body
        }

        /// The claim.
        public var description: String { name }

        /// Checks the requirement on a new remote.
        ///
        /// - Throws: ``ConformanceFailure`` if the requirement is not met; unexpected errors of the
        ///   endpoint.
        public func run(_ conformance: EndpointConformance) throws { try body(conformance) }
    }
}

/// A kind of damage by another program to a row of a remote.
public enum RowDamage: CaseIterable, Sendable {
    /// The row is missing.
    case lost
    /// The row exists twice.
    case doubled
    /// The row belongs to a batch that is not in the ledger.
    case ofUnknownBatch
    /// The row has an ordinal outside its batch.
    case beyondBatch
}

/// A violation of the requirements by an endpoint.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// The expected and the actual behavior.
    public let message: String
    /// The message.
    public var description: String { message }

    /// Creates a failure.
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
