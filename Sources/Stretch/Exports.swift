// A single import provides all names that the library's API uses.
@_exported public import StretchBackup
@_exported public import StretchCatalog
@_exported public import StretchCore
@_exported public import StretchEndpoint
@_exported public import StretchEngine
@_exported public import StretchKeystore
@_exported public import StretchMigration
@_exported public import StretchRows
@_exported public import StretchSQLite
@_exported public import StretchSchema
@_exported public import StretchStaging
@_exported public import StretchTimeline
