internal import Foundation
internal import StretchCore
internal import Synchronization

/// Notes Ctrl-C, so that a migration stops after the batch that it is at.
enum Interruption {
    private static let count = Atomic<Int>(0)

    /// Whether the user asked to stop.
    static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

    /// Throws when the user asked to stop.
    static func check() throws(StretchError) {
        guard isRequested else { return }
        throw StretchError(
            .cancelled, "interrupted", hint: "Run the command again to resume.")
    }

    /// From now on, the first SIGINT or SIGTERM is noted and a second one ends the process.
    ///
    /// A program that started this one may have blocked them.
    static func observe() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                // Only calls that are safe in a signal handler: signal-safety(7).
                let earlier = Interruption.count.add(1, ordering: .relaxed).oldValue
                if earlier > 0 { _exit(128 + number) }
            }
        }
    }
}
