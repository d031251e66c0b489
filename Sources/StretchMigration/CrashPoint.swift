/// A numbered point of the protocol for tests.
///
/// There a test stops the process or lets another connection interfere.
package enum CrashPoint: Int, CaseIterable, Sendable {
    // Outbound, step 1: the batch is read, and the step recorded.
    case beforeBegin = 1
    case insideBegin = 2
    case afterBegin = 3
    // Steps 2 and 3: the remote commits and is read back.
    case beforeSend = 4
    case afterSend = 5
    case afterReadBack = 6
    // Step 4: the switch.
    case insideSwitchBeforeDelete = 7
    case insideSwitchAfterDelete = 8
    case insideSwitchBeforeCommit = 9
    case afterSwitch = 10
    // A batch that cannot be switched.
    case beforeAbandon = 11
    case insideAbandon = 12
    case afterAbandon = 13
    // A batch whose rows are all hidden.
    case beforeRetire = 14
    case afterRetire = 15
    case insideRetirementSwitch = 16
    case afterRetirementSwitch = 17
    // Inbound: a chunk of rows.
    case beforeRecall = 18
    case insideRecallBeforeInsert = 19
    case insideRecallBeforeCommit = 20
    case afterRecall = 21
    // A step of another timeline, or one that never reached the remote.
    case insideDrop = 22
    case afterDrop = 23
    case beforeConfirm = 24
    case afterConfirm = 25
    // Garbage collection: the remote condemns and deletes.
    case beforeCollection = 26
    case afterCollection = 27
    // The rows of a batch are staged before they are sent to the remote.
    case beforeStaging = 28
    case afterStaging = 29
}
