/// An invariant that a step broke.
package struct Violation: Error, Hashable, Sendable {
    /// Which invariant.
    package enum Rule: String, Sendable {
        case rowsOfFile = "a file names each of its rows exactly once"
        case coldRead = "a cold read answers with all rows or refuses"
        case aheadOfRemote = "a file is never ahead of a remote that was not rolled back"
        case historyProvesLedger = "a position in the history proves the ledger up to it"
        case collectedTip = "what a branch sees at its head is not collected"
        case collectedInRetention = "what a backup inside the retention names is not collected"
        case olderIsConnected = "a file older than its keystore has seen is not connected"
        case lostConnection = "a file that nobody touched stays connected"
        case twoOwners = "a branch is extended by one file"
        case falseLoss = "a loss is reported only for rows that are nowhere"
    }

    /// The invariant.
    package let rule: Rule
    /// What was found.
    package let detail: String
}
