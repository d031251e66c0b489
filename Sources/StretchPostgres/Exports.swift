// Exports the types of the provider's API.
@_exported public import StretchEndpoint
