import Stretch
import Testing

@Suite struct InterruptionTests {
    private static let endless = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n
        """

    @Test func `a task stops the statement that another one runs`() throws {
        let shop = try ShopFile()
        let database = try shop.open()
        let interrupter = database.interrupter
        // An interruption before the statement begins does nothing: more follow.
        let stopper = Task.detached {
            while !Task.isCancelled {
                interrupter.interrupt()
                await Task.yield()
            }
        }
        let error = #expect(throws: StretchError.self) { try database.query(Self.endless) }
        stopper.cancel()
        #expect(error?.code == .cancelled)
        #expect(try database.query("SELECT count(*) FROM orders").rows == [[4]])
    }

    @Test func `a handle may outlive its database`() throws {
        let shop = try ShopFile()
        let interrupter = try shop.open().interrupter
        interrupter.interrupt()
    }
}
