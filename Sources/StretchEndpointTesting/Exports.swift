// Exports the types of the suite's API.
@_exported public import StretchEndpoint
